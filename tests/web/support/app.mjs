// The page's own controls, as a person uses them.

import assert from "node:assert/strict";
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
  for (let now = await metric(page, "sim-time"); now < seconds - 1e-9; ) {
    await page.keyboard.press(".");
    const before = now;
    now = await metricUntil(page, "sim-time", (time) => time > before);
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
