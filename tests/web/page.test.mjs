// The page as a page: theme, addresses, files, help, size, access for everyone.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { test } from "node:test";
import { inspect, says } from "./support/app.mjs";
import { onPage } from "./support/harness.mjs";
import { accessibilityFaults, metric, metricUntil, shoot } from "./support/measure.mjs";

const SCENARIOS = resolve(import.meta.dirname, "../../static/scenarios");
const background = (page) => page.evaluate(() => getComputedStyle(document.querySelector(".topbar")).backgroundColor);

test(
  "the theme follows the system, can be chosen, and is remembered",
  onPage(async ({ page, open }) => {
    await open();
    const light = await background(page);
    await page.emulateMedia({ colorScheme: "dark" });
    const dark = await background(page);
    assert.notEqual(light, dark);
    await page.getByTestId("theme").click();
    await page.locator('[data-testid="theme"][data-value="light"]').waitFor();
    assert.equal(await background(page), light);
    await page.reload();
    await page.locator('[data-testid="theme"][data-value="light"]').waitFor();
    assert.equal(await background(page), light);
  }),
);

test(
  "an address chooses scenario, seed, users, speed and pause",
  onPage(async ({ page, open }) => {
    await open("?scenario=cached&seed=7&users=10000&speed=0.2&paused");
    await page.getByTestId("node-cache-1").waitFor();
    assert.equal(await page.getByTestId("seed").inputValue(), "7");
    assert.equal(await page.getByTestId("users").getAttribute("data-value"), "10000");
    assert.equal(await page.getByTestId("speed").getAttribute("data-value"), "0.2");
    await page.waitForTimeout(500);
    assert.equal(await metric(page, "sim-time"), 0);
    // Event by event: the first ones happen at time zero.
    for (let events = 0; events < 60 && (await metric(page, "sim-time")) === 0; events += 1) {
      await page.keyboard.press(".");
      await page.waitForTimeout(60);
    }
    const first = await metric(page, "sim-time");
    assert.ok(first > 0 && first < 0.005, `one event after the other, ${first} s`);
    await page.keyboard.press(">");
    await metricUntil(page, "sim-time", (now) => now > first + 0.01);
  }),
);

test(
  "an address that cannot be is answered with words, and the page runs",
  onPage(async ({ page, open }) => {
    await open("?scenario=nowhere&users=-5&speed=fast&painter=crayon&seed=x");
    await says(page, /scenario=nowhere.*single-server/);
    await says(page, /users=-5/);
    await says(page, /painter=crayon.*gl, pixels/);
    await metricUntil(page, "sim-time", (now) => now > 0);
  }),
);

test(
  "a good file opens, and a bad one is explained and changes nothing",
  onPage(async ({ page, open }) => {
    await open("?scenario=single-server");
    await page.getByTestId("node-web-1").waitFor();
    const give = (name, text) =>
      page.getByTestId("file").setInputFiles({ name, mimeType: "application/json", buffer: Buffer.from(text) });
    await give("broken.json", "{ not json");
    await says(page, /broken\.json cannot be opened.*not valid JSON/s);
    const document = JSON.parse(await readFile(`${SCENARIOS}/cdn.json`, "utf8"));
    const wrong = structuredClone(document);
    wrong.nodes[4].params = { cores: 0 };
    wrong.links[0].to = "nobody";
    await give("wrong.json", JSON.stringify(wrong));
    await says(page, /nodes\[4\]\.params\.cores/);
    await says(page, /links\[0\]\.to.*nobody/);
    assert.equal(await page.getByTestId("node-cdn-1").count(), 0);
    document.name = "A design of my own";
    await give("own.json", JSON.stringify(document));
    await page.getByTestId("node-cdn-1").waitFor();
    assert.match(await page.getByTestId("scenario").innerText(), /A design of my own/);
    assert.equal(await page.title(), "A design of my own · Scalescope");
    // Dropped on the page, it opens too.
    document.name = "Dropped";
    await page.getByTestId("stage").evaluate((stage, text) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([text], "dropped.json", { type: "application/json" }));
      stage.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
    }, JSON.stringify(document));
    await page.getByTestId("scenario").filter({ hasText: "Dropped" }).waitFor();
  }),
);

test(
  "the help sheet opens and closes by key, and lists the keys",
  onPage(async ({ page, open }) => {
    await open();
    await page.keyboard.press("?");
    const sheet = page.getByRole("dialog");
    await sheet.getByText("Crash the node").waitFor();
    await page.keyboard.press("Escape");
    await sheet.waitFor({ state: "hidden" });
    await page.keyboard.press("?");
    await sheet.waitFor();
  }),
);

test(
  "nothing overflows on a phone, a laptop and a projector; axe finds no fault",
  onPage(async ({ page, open }) => {
    await open("?scenario=cdn&users=20000");
    await metricUntil(page, "throughput", (rate) => rate > 0);
    await page.getByTestId("play").click();
    for (const [width, height] of [[390, 844], [820, 1180], [1280, 720], [1920, 1080]]) {
      for (const colorScheme of ["light", "dark"]) {
        await page.setViewportSize({ width, height });
        await page.emulateMedia({ colorScheme });
        await page.waitForTimeout(1200);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.equal(wide, 0, `${width}×${height} scrolls sideways`);
        assert.deepEqual(await outside(page), [], `${width}×${height}`);
        assert.deepEqual(await accessibilityFaults(page), [], `${width}×${height} ${colorScheme}`);
      }
    }
    await page.setViewportSize({ width: 1280, height: 720 });
    await inspect(page, "web-1");
    assert.deepEqual(await accessibilityFaults(page), []);
    await shoot(page, "inspector");
  }),
);

/** What is cut off by the edge of the window, or of the stage. */
function outside(page) {
  return page.evaluate(() => {
    const stage = document.querySelector('[data-testid="stage"]').getBoundingClientRect();
    const window_ = new DOMRect(0, 0, innerWidth, innerHeight);
    const within = (outer, inner) =>
      inner.left >= outer.left - 1 && inner.right <= outer.right + 1 && inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1;
    const cards = [...document.querySelectorAll(".card-body")].filter((card) => !within(stage, card.getBoundingClientRect()));
    const controls = [...document.querySelectorAll("button, select, .tile, .dock-label, .legend li")];
    const cut = controls.filter((control) => control.checkVisibility() && !within(window_, control.getBoundingClientRect()));
    return [...cards, ...cut].map((found) => found.closest("[data-node]")?.dataset.node ?? found.outerHTML.slice(0, 80));
  });
}

test(
  "an engine that dies is replaced, with the present design",
  onPage(
    async ({ page, open }) => {
      await open("?scenario=load-balanced&speed=1");
      await inspect(page, "web-2");
      await page.getByTestId("add").click();
      await page.getByTestId("node-web-3").waitFor();
      await page.keyboard.press("Escape");
      await page.workers()[0].evaluate(() => setTimeout(() => {
        throw new Error("the worker is broken");
      }));
      const message = page.getByRole("alertdialog", { name: "The engine has stopped" });
      await message.getByText("the worker is broken").waitFor();
      await message.getByRole("button", { name: "Restart with this design" }).click();
      await message.waitFor({ state: "detached" });
      await page.getByTestId("node-web-3").waitFor();
      await metricUntil(page, "sim-time", (now) => now > 0 && now < 3);
      await metricUntil(page, "throughput", (rate) => rate > 20);
    },
    { allow: [/the worker is broken/] },
  ),
);

test(
  "a page that must stop goes on with its design after a restart",
  onPage(async ({ page, open }) => {
    await open("?scenario=load-balanced");
    await inspect(page, "web-2");
    await page.getByTestId("add").click();
    await page.getByTestId("node-web-3").waitFor();
    await page.evaluate(() => dispatchEvent(new CustomEvent("scalescope-fatal", { detail: "out of luck" })));
    await page.getByRole("button", { name: "Restart with this design" }).click();
    await page.locator("#boot").waitFor({ state: "detached" });
    await page.getByTestId("node-web-3").waitFor();
    await page.reload();
    await page.getByTestId("node-web-3").waitFor();
  }),
);
