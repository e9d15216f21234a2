// Runs the engine beside the page: the same wasm as the page's, in a module worker.
//
// The first message names the glue (an absolute URL) and brings the wasm: as the page's own compiled module, or as
// a URL. Rust's `main` then sees that it is in a worker and sets `onmessage`; what came meanwhile is handed to it.

const early = [];
let started = false;

self.addEventListener("message", collect);

function collect(event) {
  if (started) {
    early.push(event);
  } else {
    started = true;
    start(event.data);
  }
}

async function start({ glue, module, wasm }) {
  try {
    const { default: init } = await import(glue);
    await init({ module_or_path: module ?? wasm });
    self.removeEventListener("message", collect);
    for (const { data, ports } of early.splice(0)) {
      self.dispatchEvent(new MessageEvent("message", { data, ports: [...ports] }));
    }
  } catch (error) {
    self.postMessage({ fatal: `The engine did not start: ${error?.message ?? error}` });
  }
}
