// What tests ask of the page: do pixels change, what do the figures say, what does a frame cost, how does it look.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { library, SHOTS } from "./harness.mjs";
import { differing } from "./png.mjs";

/** A picture of the first element that matches, without waiting for it to come to rest. */
export async function picture(page, selector) {
  const clip = await page.locator(selector).first().boundingBox();
  assert.ok(clip, `${selector} is not on the page`);
  return page.screenshot({ clip });
}

/** How many of the element's pixels change within `ms`. */
export async function pixelsChange(page, selector, { ms = 500, tolerance = 8 } = {}) {
  const before = await picture(page, selector);
  await page.waitForTimeout(ms);
  return differing(before, await picture(page, selector), tolerance);
}

/** The text of the figure `name`: the element with `data-metric="name"`. */
export async function metricText(page, name) {
  return (await page.locator(`[data-metric="${name}"]`).first().innerText()).trim();
}

/** The value of the figure `name`: its `data-value`, which is a plain number in base units. */
export async function metric(page, name) {
  const value = await page.locator(`[data-metric="${name}"]`).first().getAttribute("data-value");
  assert.ok(value !== null, `the figure ${name} has no data-value`);
  return Number(value);
}

/** Waits until `check` holds of the figure `name`, and returns its value then. */
export async function metricUntil(page, name, check, { ms = 20_000 } = {}) {
  const deadline = Date.now() + ms;
  for (;;) {
    const value = await metric(page, name);
    if (check(value)) return value;
    if (Date.now() > deadline) assert.fail(`the figure ${name} is still ${value} after ${ms} ms`);
    await page.waitForTimeout(50);
  }
}

/** What `frames` animation frames cost the page's main thread: CPU ms a frame, and frames a second. */
export async function frameCost(page, frames = 120) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Performance.enable");
  const read = async () => {
    const { metrics } = await cdp.send("Performance.getMetrics");
    const value = (name) => metrics.find((metric) => metric.name === name).value;
    return { task: value("TaskDuration"), script: value("ScriptDuration"), wall: value("Timestamp") };
  };
  const before = await read();
  await page.evaluate(
    (count) =>
      new Promise((done) => {
        const tick = () => (count-- > 0 ? requestAnimationFrame(tick) : done());
        tick();
      }),
    frames,
  );
  const after = await read();
  await cdp.detach();
  return {
    cpuMs: ((after.task - before.task) * 1000) / frames,
    scriptMs: ((after.script - before.script) * 1000) / frames,
    fps: frames / (after.wall - before.wall),
  };
}

/** Faults that axe finds, one line each. */
export async function accessibilityFaults(page, options = {}) {
  // Evaluated, not inserted as a script: the page's policy stays as it is.
  await page.evaluate(library("axe-core").source);
  const { violations } = await page.evaluate((given) => globalThis.axe.run(document, given), options);
  const where = (nodes) => nodes.map((node) => node.target.join(" ")).join(", ");
  return violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${where(nodes)}`);
}

/** Screenshots in each size and theme, into the directory that SCALESCOPE_SHOTS names, if it does. */
export async function shoot(page, name, { sizes = [[1280, 720]], themes = ["light", "dark"] } = {}) {
  if (!SHOTS) return;
  await mkdir(SHOTS, { recursive: true });
  for (const [width, height] of sizes) {
    for (const theme of themes) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme: theme });
      await page.waitForTimeout(300);
      await page.screenshot({ path: join(SHOTS, `${name}-${width}x${height}-${theme}.png`) });
    }
  }
}
