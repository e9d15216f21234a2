// For everyone: axe finds no fault in any panel, theme and size, nothing is cut off, and the text twin tells what the picture tells.

import assert from "node:assert/strict";
import { test } from "node:test";
import { onPage } from "./support/harness.mjs";
import { accessibilityFaults, atRest, metric, metricUntil, shoot } from "./support/measure.mjs";

const PANELS = { x: "faults", t: "requests", g: "charts", o: "health", d: "data", w: "twin", Enter: "inspector" };
/** What lies over the page, by the keys that open it. */
const SHEETS = { "?": "help-sheet", "Control+k": "commands", n: "palette-search", b: "fault-menu" };

for (const theme of ["light", "dark"]) {
  test(
    `every panel is free of faults and fits (${theme})`,
    onPage(
      async ({ page, open }) => {
        await open("?scenario=replicated&speed=1&users=3000");
        await metricUntil(page, "throughput", (rate) => rate > 50);
        await page.locator('[data-node="web-1"]').focus();
        await page.keyboard.press("c");
        await metricUntil(page, "errors", (rate) => rate > 0);
        await page.keyboard.press(" ");
        await page.locator('[data-node="db-1"]').focus();
        for (const [key, panel] of Object.entries(PANELS)) {
          await page.keyboard.press(key);
          await page.getByTestId(panel).waitFor();
          for (const [width, height] of [[1280, 720], [1920, 1080], [820, 1180], [390, 844]]) {
            await page.setViewportSize({ width, height });
            await page.waitForTimeout(250);
            const where = `${panel} ${width}×${height}`;
            assert.deepEqual(await outside(page, `[data-testid="${panel}"]`), [], where);
            if (width !== 1920) assert.deepEqual(await accessibilityFaults(page), [], where);
          }
          await shoot(page, `panel-${panel}`, { themes: [theme], sizes: [[1280, 720], [820, 1180], [390, 844]] });
          await page.setViewportSize({ width: 1280, height: 720 });
          await page.keyboard.press(panel === "inspector" ? "Escape" : key);
          await page.getByTestId(panel).waitFor({ state: "detached" });
        }
        for (const [key, sheet] of Object.entries(SHEETS)) {
          await page.locator('[data-node="db-1"]').focus();
          await page.keyboard.press(key);
          await page.getByTestId(sheet).waitFor();
          assert.deepEqual(await accessibilityFaults(page), [], sheet);
          await shoot(page, `sheet-${sheet}`, { themes: [theme], sizes: [[1280, 720], [820, 1180], [390, 844]] });
          await page.setViewportSize({ width: 1280, height: 720 });
          await page.keyboard.press("Escape");
          await page.getByTestId(sheet).waitFor({ state: "detached" });
        }
        await page.keyboard.press("Control+a");
        await page.getByTestId("selection-bar").waitFor();
        assert.deepEqual(await accessibilityFaults(page), [], "the bar of the selection");
      },
      // Colours are judged at rest.
      { theme, reducedMotion: "reduce" },
    ),
  );
}

test(
  "the text twin tells the figures, the nodes and what is broken, and reads aloud when asked to",
  onPage(async ({ page, open }) => {
    await open("?scenario=load-balanced&speed=1&users=2000");
    await metricUntil(page, "throughput", (rate) => rate > 50);
    await page.locator('[data-node="web-2"]').focus();
    await page.keyboard.press("c");
    await page.keyboard.press("w");
    const summary = page.getByTestId("summary");
    await summary.filter({ hasText: /Broken: Web server 2 \(down\)/ }).waitFor();
    assert.match(await summary.innerText(), /requests per second are made and .* answered/);
    const rows = page.getByTestId("twin-nodes").locator("tbody tr");
    assert.equal(await rows.count(), 6);
    await rows.filter({ hasText: /Web server 2/ }).filter({ hasText: /down/ }).waitFor();
    await page.getByTestId("read-aloud").click();
    await page.locator('.twin [role="status"]').filter({ hasText: /^At .*per second/ }).waitFor({ state: "attached" });
    await rows.filter({ hasText: /Web server 1/ }).getByRole("button").click();
    await page.locator('[data-testid="inspector"][data-value="web-1"]').waitFor();
  }),
);

test(
  "a click without a pointer, as screen readers make it, selects a card, whatever was done by pointer before",
  onPage(async ({ page, open }) => {
    await open("?scenario=load-balanced&speed=1");
    await atRest(page);
    const box = await page.locator('[data-node="web-2"] .card-body').boundingBox();
    await page.mouse.click(box.x + 20, box.y + 20, { button: "right" });
    await page.getByTestId("fault-menu").waitFor();
    await page.keyboard.press("Escape");
    await page.getByTestId("fault-menu").waitFor({ state: "detached" });
    await page.locator('[data-node="web-1"]').evaluate((card) => card.dispatchEvent(new MouseEvent("click", { bubbles: true })));
    await page.locator('[data-testid="inspector"][data-value="web-1"]').waitFor();
  }),
);

test(
  "with reduced motion nothing is animated but the simulation",
  onPage(
    async ({ page, open }) => {
      await open("?scenario=cached&speed=1");
      await page.keyboard.press("x");
      await page.getByTestId("faults").waitFor();
      const moving = await page.evaluate(() => document.getAnimations().length);
      assert.equal(moving, 0);
    },
    { reducedMotion: "reduce" },
  ),
);

test(
  "on a phone the panels are reached and closed by touch",
  onPage(
    async ({ page, open }) => {
      await open("?scenario=cached&speed=1&users=2000");
      await page.getByTestId("rail-faults").tap();
      await page.getByTestId("fault-target").selectOption("web-1");
      await page.getByTestId("fault-hang").tap();
      await page.getByTestId("broken").getByText("hung").waitFor();
      await page.getByTestId("heal-web-1").tap();
      await page.getByTestId("nothing-broken").waitFor();
      await page.getByTestId("rail-charts").tap();
      await page.getByTestId("charts").waitFor();
      await page.getByTestId("close").tap();
      await page.getByTestId("charts").waitFor({ state: "detached" });
      assert.ok((await metric(page, "sim-time")) > 0);
    },
    { width: 390, height: 844, touch: true },
  ),
);

/** Controls of a panel that are cut off at a side of it or of the window, or text that is wider than its box. */
function outside(page, selector) {
  return page.evaluate((root) => {
    const panel = document.querySelector(root).getBoundingClientRect();
    const found = [...document.querySelectorAll(`${root} :is(button, select, input, output, th, td, canvas)`)];
    const cut = found.filter((element) => {
      const box = element.getBoundingClientRect();
      return element.checkVisibility() && box.width > 2 && (box.left < panel.left - 1 || box.right > panel.right + 1);
    });
    const rail = [...document.querySelectorAll(".rail-button")].filter((button) => {
      const box = button.getBoundingClientRect();
      return box.left < -1 || box.right > innerWidth + 1 || box.top < -1 || box.bottom > innerHeight + 1;
    });
    return [...cut, ...rail].map((element) => element.outerHTML.slice(0, 90));
  }, selector);
}
