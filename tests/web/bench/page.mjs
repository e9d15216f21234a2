// What the page costs: run by `cargo xtask bench-page`.
//
// Dots are made up by the worker (`?dots=N`), so that exactly N are under way: they travel to the page like those of the engine, as many new
// ones a frame, and the ordinary painters draw them. CPU is that of the main thread alone.

import { launch } from "../support/harness.mjs";
import {
  countLongTasks,
  frameCost,
  heaviestTask,
  interactions,
  longTasks,
  metric,
  noteInteractions,
  noteUsable,
  usable,
} from "../support/measure.mjs";

const DOTS = (process.env.SCALESCOPE_DOTS ?? "1000,10000,20000,50000,100000").split(",");
const SECONDS = Number(process.env.SCALESCOPE_SECONDS ?? 60);
/** A small design with much traffic, at a twentieth of real time: what it costs is drawing it. */
const DESIGN = "?scenario=cdn&speed=1/20";
/** A design that is large itself, in real time: everything costs something, in both threads. */
const MILLION = "?scenario=million&speed=1";
const PANELS = { none: "", charts: "g", requests: "t", faults: "x", health: "o", data: "d", "in words": "w" };

const say = (text = "") => console.log(text);
const number = (value, digits = 1) => value.toFixed(digits).padStart(9);

async function opened(query, act, prepare = async () => {}) {
  const session = await launch({ maxAge: 600 });
  try {
    await prepare(session.context);
    await session.open(query);
    return await act(session);
  } finally {
    await session.close();
  }
}

const attribute = (page, name) => page.getByTestId("canvas").getAttribute(name);

async function painting() {
  say("painter      dots   in frame   CPU ms   drawing      fps    (a frame of the main thread; of that, drawing dots)");
  say("WebGL is emulated here: frames come seldom, and each bears what the page has to do besides in that time.");
  for (const painter of ["pixels", "gl"]) {
    for (const dots of DOTS) {
      await opened(`${DESIGN}&users=1000&painter=${painter}&dots=${dots}`, async ({ page }) => {
        await page.waitForTimeout(3_000);
        const { cpuMs, fps } = await frameCost(page, 180, 6_000);
        // The page's own measure, smoothed over some frames.
        await page.waitForTimeout(1_000);
        const [seen, drawing] = [await attribute(page, "data-value"), Number(await attribute(page, "data-ms"))];
        say(`${painter.padEnd(8)} ${dots.padStart(8)}  ${seen.padStart(9)}${number(cpuMs)} ${number(drawing)} ${number(fps)}`);
      });
    }
  }
}

async function panels() {
  say("panel       CPU ms      fps    (20,000 dots as pixels)");
  await opened(`${DESIGN}&users=20000&painter=pixels&dots=20000`, async ({ page }) => {
    for (const [name, key] of Object.entries(PANELS)) {
      if (key) await page.keyboard.press(key);
      await page.waitForTimeout(2_000);
      const { cpuMs, fps } = await frameCost(page, 180, 6_000);
      const charts = page.locator(".chart-samples");
      const redraw = (await charts.count()) ? `    a redraw takes ${await charts.getAttribute("data-value")} ms, five times a second` : "";
      say(`${name.padEnd(9)}${number(cpuMs)}${number(fps)}${redraw}`);
    }
  });
}

async function start() {
  say("start       drawn     alive    (ms after the navigation began; alive: simulated time has passed)");
  const session = await launch({ maxAge: 600 });
  await noteUsable(session.context);
  for (const name of ["cold", "warm", "warm", "warm", "warm"]) {
    await session.open("?scenario=cdn");
    const { usableMs, aliveMs } = await usable(session.page);
    say(`${name.padEnd(8)}${number(usableMs, 0)} ${number(aliveMs, 0)}`);
    // The browser keeps compiled wasm only after a moment.
    await session.page.waitForTimeout(3_000);
    await session.page.goto("about:blank");
  }
  await session.close();
}

async function million() {
  say(`a million users for ${SECONDS} s (tasks that others on this machine keep waiting count as long; CPU is the page's own)`);
  for (const painter of ["pixels", "gl"]) {
    for (const [name, design] of [["1/20", `${DESIGN}&users=1000000`], ["real", MILLION]]) {
      await opened(`${design}&painter=${painter}`, async ({ page }) => {
        await page.waitForTimeout(5_000);
        await longTasks(page);
        const [from, began] = [await metric(page, "sim-time"), Date.now()];
        const { cpuMs, fps, busy } = await frameCost(page, Infinity, SECONDS * 1_000);
        const pace = ((await metric(page, "sim-time")) - from) / ((Date.now() - began) / 1_000);
        const long = await longTasks(page);
        const dots = await attribute(page, "data-value");
        const stride = await page.getByTestId("stride").getAttribute("data-value");
        const heaviest = await heaviestTask(page, 5_000);
        const tasks = long.length ? `${long.length} (longest ${Math.max(...long)} ms)` : "none";
        say(`${painter.padEnd(7)} ${name} time: ${pace.toFixed(3)} simulated seconds a second; ${dots} dots, 1 of ${stride} requests;${number(cpuMs)} ms a frame,${number(fps)} fps; busy ${(busy * 100).toFixed(0)} %; tasks > 50 ms: ${tasks}; most CPU of one: ${heaviest.toFixed(1)} ms`);
      }, countLongTasks);
    }
  }
}

async function interacting() {
  say("interaction, with a million users in real time: ms from event to picture (counted from 16 on, in steps of 8)");
  await opened(`${MILLION}&painter=pixels`, async ({ page }) => {
    await page.waitForTimeout(3_000);
    for (const key of ["g", "t", "x", "Escape", "ArrowRight", "Enter", "Escape", "?", "Escape"]) {
      await page.keyboard.press(key);
      await page.waitForTimeout(400);
    }
    for (const name of ["plus", "minus", "fit"]) {
      await page.getByTestId(name).click();
      await page.waitForTimeout(400);
    }
    const took = (await interactions(page)).map(({ duration }) => duration).sort((a, b) => a - b);
    const share = (part) => took[Math.min(took.length - 1, Math.floor(took.length * part))];
    say(`${took.length} events: median ${share(0.5)}, longest ${share(1)}`);
  }, noteInteractions);
}

const parts = { start, painting, panels, million, interacting };
const wanted = process.env.SCALESCOPE_PARTS?.split(",") ?? Object.keys(parts);
for (const name of wanted) {
  if (!parts[name]) throw new Error(`there is no part ${name}: ${Object.keys(parts).join(", ")}`);
  await parts[name]();
  say();
}
process.exit(0);
