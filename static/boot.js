// Starts the page, and says so in words when it cannot start or cannot go on.
//
// Trunk's preload links name the glue and the wasm. Until the app has replaced #boot, any failure is shown there;
// afterwards a trap in the wasm, or a `scalescope-fatal` event (its `detail` is the text), is shown over the page.

const SLOW_AFTER_MS = 20_000;

const boot = document.getElementById("boot");
const href = (selector) => document.querySelector(selector)?.href;
let shown = false;

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function button(text, act) {
  const made = element("button", "boot-reload", text);
  made.type = "button";
  made.addEventListener("click", () => {
    act();
    location.reload();
  });
  return made;
}

// The app keeps its design for this tab, and goes on with it where `scalescope-restart` is set.
function ways() {
  const found = [button("Reload", () => {})];
  try {
    if (sessionStorage.getItem("scalescope-design")) {
      found.unshift(button("Restart with this design", () => sessionStorage.setItem("scalescope-restart", "1")));
    }
  } catch {
    // Storage may be forbidden; then there is only Reload.
  }
  return found;
}

function fill(target, title, detail) {
  const parts = [element("p", "boot-title", title)];
  if (detail) parts.push(element("pre", "boot-detail", detail));
  const buttons = ways();
  target.replaceChildren(...parts, ...buttons);
  return buttons[0];
}

function fatal(title, detail) {
  if (shown) return;
  shown = true;
  const running = !boot.isConnected;
  const target = running ? element("div", "boot boot-over", "") : boot;
  target.setAttribute("role", "alertdialog");
  target.setAttribute("aria-label", title);
  const button = fill(target, title, detail);
  if (running) document.body.append(target);
  button.focus();
}

function describe(error) {
  return error?.message ?? String(error ?? "no further word");
}

// A trap leaves the app's memory in an unknown state: only a fresh start helps. Other errors are the app's to show.
function onError(error) {
  const starting = boot.isConnected;
  if (starting) fatal("Scalescope could not start.", describe(error));
  else if (error instanceof WebAssembly.RuntimeError) fatal("Scalescope has stopped.", describe(error));
}

addEventListener("error", (event) => onError(event.error ?? event.message));
addEventListener("unhandledrejection", (event) => onError(event.reason));
addEventListener("scalescope-fatal", (event) => fatal("Scalescope has stopped.", describe(event.detail)));

const slow = setTimeout(() => {
  if (boot.isConnected && !shown) fill(boot, "Still loading. The network may be slow.");
}, SLOW_AFTER_MS);

try {
  const glue = href('link[rel="modulepreload"]');
  const wasm = href('link[rel="preload"][as="fetch"]');
  const { default: init } = await import(glue);
  await init({ module_or_path: wasm });
} catch (error) {
  onError(error);
} finally {
  clearTimeout(slow);
}
