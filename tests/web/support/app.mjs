// The page's own controls, as a person uses them.

import assert from "node:assert/strict";
import { browser } from "./harness.mjs";
import { metric, metricUntil } from "./measure.mjs";

/** The card of a node. */
export const card = (page, id) => page.getByTestId(`node-${id}`);

/** Waits until the card of `id` says that it is `state`: up, down, unnoticed, out. */
export async function isState(page, id, state) {
  await page.locator(`[data-node="${id}"][data-state="${state}"]`).waitFor();
}

/** Opens the inspector of `id` with the mouse, as soon as the drawing has come to rest. */
export async function inspect(page, id) {
  await card(page, id).locator(".card-body").click();
  await page.locator(`[data-testid="inspector"][data-value="${id}"]`).waitFor();
}

/** Sets a logarithmic slider to `value`. */
export async function slide(page, id, value) {
  await page.getByTestId(id).evaluate((input, place) => {
    input.value = String(place);
    input.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }, Math.log10(value));
}

/** Waits until simulated time has gone on by `seconds`. */
export async function simulate(page, seconds) {
  const start = await metric(page, "sim-time");
  await metricUntil(page, "sim-time", (now) => now >= start + seconds, { ms: 60_000 });
}

/** Goes on step by step, with the clock standing, until `seconds` of simulated time have passed. */
export async function stepTo(page, seconds) {
  const step = 0.1 * Number(await page.getByTestId("speed").getAttribute("data-value"));
  for (let now = await metric(page, "sim-time"); now < seconds - 1e-9; ) {
    await page.keyboard.press(">");
    // On a busy machine a step takes several frames; a press in the middle of it would be lost, or one too many.
    const end = now + step - 1e-9;
    now = await metricUntil(page, "sim-time", (time) => time >= end);
  }
}

/** The ids of the nodes on the stage. */
export const nodes = (page) => page.locator("[data-node]").evaluateAll((cards) => cards.map((found) => found.dataset.node));

/** Asserts that a message with `pattern` is shown. */
export async function says(page, pattern) {
  const toast = page.getByTestId("toast").filter({ hasText: pattern });
  await toast.first().waitFor();
  assert.equal(await toast.first().getAttribute("role"), "alert");
}

/** Opens a link in a fresh profile, paused, and waits until the run is where it was when the link was made. */
export async function openElsewhere(address, viewport = { width: 1280, height: 720 }) {
  const context = await (await browser()).newContext({ viewport });
  const page = await context.newPage();
  await page.goto(address.replace("#", "?paused#"));
  await page.locator("[data-node]").first().waitFor();
  await page.getByTestId("pace").filter({ hasText: /^paused$/ }).waitFor({ timeout: 60_000 });
  return { page, close: () => context.close() };
}

/** The hash of the state that the page's own engine will be in `length` after now; it stays where it is. */
export function stateHash(page, length = "0s") {
  return page.workers()[0].evaluate(
    (time) =>
      new Promise((done) => {
        const post = self.postMessage;
        self.postMessage = (message, ...rest) => {
          if (typeof message !== "string" || !message.startsWith('{"hash"')) return post.call(self, message, ...rest);
          self.postMessage = post;
          done(JSON.parse(message).hash.state_hash);
        };
        self.dispatchEvent(new MessageEvent("message", { data: JSON.stringify({ hash: { for: time } }) }));
      }),
    length,
  );
}

/** Asserts that two paused pages are at the same point of the same run, and will be later too. */
export async function assertSameRun(one, other) {
  for (const length of ["0s", "20s"]) {
    const [here, there] = [await stateHash(one, length), await stateHash(other, length)];
    assert.match(here, /^[0-9a-f]{16}$/);
    assert.equal(there, here, `${length} after the link was made`);
  }
}
