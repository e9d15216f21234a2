// What tests ask of the page: do pixels change, what do the figures say, what does a frame cost, how does it look.

import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
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

/**
 * Waits until no card has moved on the screen for `ms`. The view glides when a panel opens or closes, when the window gets another
 * size, and when the design grows: what is clicked by place is somewhere else soon after.
 */
export async function atRest(page, ms = 400) {
  await page.evaluate(
    (quiet) =>
      new Promise((done, fail) => {
        // Without what comes and goes at a card's edge.
        const places = () => Array.from(document.querySelectorAll(".card-body"), (card) => Object.values(card.getBoundingClientRect().toJSON())).join();
        const began = performance.now();
        let [last, since, frames] = [places(), began, 0];
        const look = (now) => {
          const seen = places();
          [since, frames] = seen === last ? [since, frames + 1] : [now, 0];
          last = seen;
          // On a busy machine so long a time may be a single frame.
          if (seen !== "" && now - since >= quiet && frames >= 8) done();
          else if (now - began > 20_000) fail(new Error("the drawing does not come to rest"));
          else requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
      }),
    ms,
  );
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

/**
 * What animation frames cost the page's main thread: CPU ms a frame, frames a second, and the share of the time that it was busy.
 * It ends after `frames` frames, or after `ms`.
 */
export async function frameCost(page, frames = 120, ms = 10_000) {
  const cdp = await page.context().newCDPSession(page);
  // Time of the processor: what the thread waits for, or others take, is not counted.
  await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
  const read = async () => {
    const { metrics } = await cdp.send("Performance.getMetrics");
    const value = (name) => metrics.find((metric) => metric.name === name).value * 1000;
    return { task: value("TaskDuration"), script: value("ScriptDuration") };
  };
  const before = await read();
  const seen = await page.evaluate(
    ([most, limit]) =>
      new Promise((done) => {
        const began = performance.now();
        let count = 0;
        const tick = () => {
          const elapsed = performance.now() - began;
          if (count === most || elapsed > limit) return done({ count, elapsed });
          count += 1;
          requestAnimationFrame(tick);
        };
        tick();
      }),
    [frames, ms],
  );
  const after = await read();
  await cdp.detach();
  return {
    cpuMs: (after.task - before.task) / seen.count,
    scriptMs: (after.script - before.script) / seen.count,
    fps: (seen.count / seen.elapsed) * 1000,
    busy: (after.task - before.task) / seen.elapsed,
  };
}

/** From now on the page counts tasks of its main thread that take more than 50 ms. Call it before the page is opened. */
export async function countLongTasks(context) {
  await context.addInitScript(() => {
    globalThis.longTasks = [];
    const note = (list) => globalThis.longTasks.push(...list.getEntries().map((entry) => Math.round(entry.duration)));
    new PerformanceObserver(note).observe({ type: "longtask", buffered: true });
  });
}

/** The milliseconds of each such task since the last call. */
export async function longTasks(page) {
  return page.evaluate(() => globalThis.longTasks.splice(0));
}

/** The task of the page's main thread that takes the most CPU within `ms`, in milliseconds of CPU. */
export async function heaviestTask(page, ms) {
  const cdp = await page.context().browser().newBrowserCDPSession();
  const events = [];
  cdp.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  const includedCategories = ["disabled-by-default-devtools.timeline"];
  await cdp.send("Tracing.start", { transferMode: "ReportEvents", traceConfig: { includedCategories } });
  await page.waitForTimeout(ms);
  const complete = new Promise((done) => cdp.once("Tracing.tracingComplete", done));
  await cdp.send("Tracing.end");
  await complete;
  await cdp.detach();
  const threads = events.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain");
  const isMain = ({ pid, tid }) => threads.some((thread) => thread.pid === pid && thread.tid === tid);
  return Math.max(0, ...events.filter((event) => event.name === "RunTask" && isMain(event)).map(({ tdur = 0 }) => tdur / 1000));
}

/** From now on the page notes how long it takes from a click or a key to the next picture. Call it before the page is opened. */
export async function noteInteractions(context) {
  await context.addInitScript(() => {
    globalThis.interactions = [];
    const note = (list) => globalThis.interactions.push(...list.getEntries().map(({ name, duration }) => ({ name, duration })));
    new PerformanceObserver(note).observe({ type: "event", durationThreshold: 16, buffered: true });
  });
}

/** Milliseconds from event to picture, in steps of 8 ms, of each that took 16 ms or more. */
export const interactions = (page) => page.evaluate(() => globalThis.interactions);

/** From now on pages note when they can be used. Call it before the page is opened. */
export async function noteUsable(context) {
  await context.addInitScript(() => {
    const began = performance.now();
    const look = () => {
      const isThere = !document.getElementById("boot") && document.querySelector("[data-node]");
      const isAlive = Number(document.querySelector('[data-metric="sim-time"]')?.getAttribute("data-value")) > 0;
      if (isThere && !globalThis.usableMs) globalThis.usableMs = performance.now();
      if (isThere && isAlive) globalThis.aliveMs = performance.now();
      else if (performance.now() - began < 60_000) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
}

/** Milliseconds from the beginning of the navigation until the drawing was there, and until simulated time had passed on it. */
export async function usable(page) {
  await page.waitForFunction(() => globalThis.aliveMs > 0, null, { timeout: 60_000 });
  return page.evaluate(() => ({ usableMs: globalThis.usableMs, aliveMs: globalThis.aliveMs }));
}

/** Faults that axe finds, one line each. */
export async function accessibilityFaults(page, options = {}) {
  // Evaluated, not inserted as a script: the page's policy stays as it is.
  await page.evaluate(library("axe-core").source);
  // What still fades in has not got its colours yet.
  await page.evaluate(() => {
    const passing = document.getAnimations().filter((one) => one.effect?.getComputedTiming().endTime < 5_000);
    return Promise.all(passing.map((one) => one.finished.catch(() => null)));
  });
  // Of WCAG 2.2, axe checks the size of targets only if asked to.
  const rules = { "target-size": { enabled: true } };
  const { violations } = await page.evaluate((given) => globalThis.axe.run(document, given), { rules, ...options });
  const where = (nodes) => nodes.map((node) => node.target.join(" ")).join(", ");
  return violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${where(nodes)}`);
}

/** Keeps a picture where screenshots go. */
export async function save(name, png) {
  if (!SHOTS) return;
  await mkdir(SHOTS, { recursive: true });
  await writeFile(join(SHOTS, `${name}.png`), png);
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
