// Seeing: the trace of a single request, from the list and from its dot.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isState } from "./support/app.mjs";
import { onPage } from "./support/harness.mjs";
import { accessibilityFaults, metric, metricUntil, shoot } from "./support/measure.mjs";

const SIZES = [[1280, 720], [1920, 1080], [390, 844]];

test(
  "a request of the list is shown hop by hop, and a failed one says why",
  onPage(async ({ page, open }) => {
    await open("?scenario=load-balanced&speed=1&users=2000");
    await metricUntil(page, "throughput", (rate) => rate > 50);
    await page.keyboard.press("t");
    const row = page.getByTestId("request-row").first();
    await row.focus();
    await page.keyboard.press("Enter");
    await page.getByTestId("story").filter({ hasText: /Answered after [\d.]+ .*% of that/ }).waitFor();
    assert.ok(Number(await page.getByTestId("waterfall").getAttribute("data-value")) >= 2);
    assert.deepEqual(await accessibilityFaults(page), []);
    await shoot(page, "request", { sizes: SIZES });
    await page.setViewportSize({ width: 1280, height: 720 });
    await page.locator('[data-node="web-1"]').focus();
    await page.keyboard.press("c");
    await isState(page, "web-1", "unnoticed");
    await page.getByTestId("all-requests").click();
    await page.getByTestId("outcome-failed").click();
    await page.getByTestId("filter-reason").selectOption("connection_refused");
    const refused = page.getByTestId("request-row").filter({ hasText: /connection refused · Web server 1/ }).first();
    await refused.waitFor();
    // The list stands still under the pointer.
    await page.getByTestId("request-list").hover();
    await refused.click();
    await page.getByTestId("story").filter({ hasText: /Web server 1 was down and refused the connection/ }).waitFor();
  }),
);

test(
  "a click on a dot shows its request, follows it, and its packet can be lost",
  onPage(async ({ page, open }) => {
    await open("?scenario=single-server&speed=0.01&users=2000&painter=pixels");
    await metricUntil(page, "sim-time", (now) => now > 0.06);
    const found = await clickDot(page);
    assert.ok(found, "a dot was hit");
    await page.locator('.follow-ring[data-state="on"]').waitFor();
    await page.getByTestId("follow").filter({ hasText: "Following" }).waitFor();
    await page.locator('[data-testid="request"][data-state="open"]').waitFor();
    const serial = await page.getByTestId("request").getAttribute("data-value");
    await page.getByTestId("lose").click();
    await page.getByTestId("news").filter({ hasText: `Packet of request ${serial} is lost` }).waitFor();
  }),
);

test(
  "charts have one cursor, marks of what was done, and figures that are pinned",
  onPage(async ({ page, open }) => {
    await open("?scenario=cached&speed=1&users=3000");
    await metricUntil(page, "throughput", (rate) => rate > 50);
    await page.keyboard.press("g");
    await page.getByTestId("chart-hits").waitFor();
    await metricUntil(page, "sim-time", (now) => now > 4);
    await page.locator('[data-node="web-1"]').focus();
    await page.keyboard.press("c");
    await page.getByTestId("chart-errors").getByText(/connection refused/).waitFor();
    await page.getByTestId("chart-cursor").fill("0.5");
    const middle = Number(await page.getByTestId("chart-at").getAttribute("data-value"));
    assert.ok(middle > 0 && middle < (await metric(page, "sim-time")));
    assert.ok((await page.locator(".chart-line").count()) >= 5, "the cursor is in every chart");
    await page.locator('[data-node="web-2"] .card-body').click();
    await page.getByTestId("pin-queue").click();
    await page.getByTestId("rail-charts").click();
    await page.getByTestId("chart-pin-web-2-waiting").waitFor();
    // A node's line in a chart of several leads to a chart of its own.
    await page.getByTestId("line-hits-Cache").click();
    await page.getByTestId("chart-pin-cache-1-hit-ratio").waitFor();
    const cost = Number(await page.locator(".chart-samples").getAttribute("data-value"));
    assert.ok(cost < 25, `a redraw takes ${cost} ms on a busy machine`);
    assert.deepEqual(await accessibilityFaults(page), []);
    await shoot(page, "charts", { sizes: SIZES });
  }),
);

test(
  "the legend tells of the operations that there are, and requests are listed by operation and way",
  onPage(async ({ page, open }) => {
    await open("?scenario=separate-database&speed=1&users=1000");
    await metricUntil(page, "throughput", (rate) => rate > 20);
    assert.equal(await page.locator(".legend .op-query").count(), 0);
    await page.locator('[data-node="users"]').focus();
    await page.keyboard.press("Enter");
    await page.locator(".inspector details").evaluateAll((all) => all.forEach((group) => (group.open = true)));
    for (const operation of ["query", "login", "range", "aggregate"]) {
      const field = page.locator(`[data-testid^="param-"][data-testid$="${operation}_weight"]`);
      await field.fill("0.2");
      await field.press("Enter");
    }
    await page.getByTestId("rail-requests").click();
    for (const operation of ["query", "login", "range", "aggregate"]) await page.locator(`.legend .op-${operation}`).waitFor();
    await page.getByTestId("filter-operation").selectOption("query");
    await page.getByTestId("filter-through").selectOption("db-1");
    await page.getByTestId("request-row").filter({ hasText: /^query/ }).first().waitFor();
    await shoot(page, "legend", { sizes: SIZES });
  }),
);

test(
  "one record is watched on every store: its version, and who is behind",
  onPage(async ({ page, open }) => {
    await open("?scenario=cached&speed=1&users=3000");
    await metricUntil(page, "throughput", (rate) => rate > 50);
    await page.keyboard.press("d");
    await page.getByTestId("watch-key").fill("1");
    await page.keyboard.press("Enter");
    await page.getByTestId("watched-db-1").waitFor();
    await page.locator('[data-testid="watch-current"]:not([data-value="0"])').waitFor({ timeout: 60_000 });
    await page.getByTestId("watched-db-1").filter({ hasText: /v[\d,]+.*current/ }).waitFor();
    assert.match(await page.getByTestId("watched-cache-1").innerText(), /keeps copies/);
    assert.deepEqual(await accessibilityFaults(page), []);
    await shoot(page, "data", { sizes: SIZES });
  }),
);

test(
  "writes that a failover has lost are listed by key, version, client and time, and each can be watched",
  onPage(async ({ page, open }) => {
    await open("?scenario=replicated&speed=2&users=8000");
    await metricUntil(page, "throughput", (rate) => rate > 200, { ms: 60_000 });
    // What is written from here on does not come to the replica.
    await page.keyboard.press("x");
    await page.getByTestId("fault-target").selectOption("db-1→db-2");
    await page.getByTestId("fault-partition").click();
    const cut = await metric(page, "sim-time");
    await metricUntil(page, "sim-time", (now) => now > cut + 0.5);
    await page.locator('[data-node="db-1"]').focus();
    await page.keyboard.press("c");
    await page.keyboard.press("d");
    const lost = page.getByTestId("lost").first();
    await lost.waitFor({ timeout: 60_000 });
    const cells = await lost.locator("tbody tr").first().locator("td").allInnerTexts();
    assert.equal(cells.length, 4);
    assert.match(cells[3], / s$/);
    await lost.locator("tbody button").first().click();
    assert.equal(await page.getByTestId("watch-key").inputValue(), cells[0].replaceAll(",", ""));
    await page.getByTestId("steps").getByText(/elected/).waitFor();
    await shoot(page, "data-lost", { sizes: SIZES });
  }),
);

test(
  "the five kinds of database are compared beside the running simulation, and the reasons told",
  onPage(async ({ page, open }) => {
    await open("?scenario=separate-database&speed=1&users=500");
    await metricUntil(page, "throughput", (rate) => rate > 20);
    await page.locator('[data-node="db-1"]').focus();
    await page.keyboard.press("Enter");
    await page.getByTestId("compare").click();
    const before = await metric(page, "sim-time");
    await page.getByTestId("trials").waitFor({ timeout: 120_000 });
    await metricUntil(page, "sim-time", (now) => now > before);
    assert.equal(await page.getByTestId("trials").locator("tbody tr").count(), 5);
    await page.getByTestId("grounds").getByText(/low latency/i).waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await shoot(page, "chooser", { sizes: SIZES });
    await page.setViewportSize({ width: 390, height: 844 });
    await page.waitForTimeout(300);
    const room = await page.getByTestId("chooser").evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth);
    assert.equal(room, 0, "on a phone nothing of it is beside the screen");
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.setViewportSize({ width: 1280, height: 720 });
    await page.getByRole("button", { name: "Use it: Key value" }).click();
    await page.getByTestId("chooser").waitFor({ state: "detached" });
    await page.getByTestId("news").filter({ hasText: /data model is key_value/ }).waitFor();
  }),
);

/** Clicks where the canvas has dots until a request is picked. */
async function clickDot(page) {
  const stage = await page.getByTestId("stage").boundingBox();
  for (let tries = 0; tries < 12; tries += 1) {
    const spots = await page.getByTestId("canvas").evaluate((canvas) => {
      const { width, height } = canvas;
      // From a copy: reading the page's own canvas again and again would slow it down, and the browser says so.
      const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
      copy.drawImage(canvas, 0, 0);
      const { data } = copy.getImageData(0, 0, width, height);
      const found = [];
      for (let i = 3; i < data.length; i += 4) {
        if (data[i] > 200) found.push([((i - 3) / 4) % width / width, Math.floor((i - 3) / 4 / width) / height]);
      }
      return found.length > 0 ? found[Math.floor(found.length / 2)] : null;
    });
    if (spots) await page.mouse.click(stage.x + spots[0] * stage.width, stage.y + spots[1] * stage.height);
    const request = page.getByTestId("request");
    if (await request.waitFor({ timeout: 700 }).then(() => true, () => false)) return true;
  }
  return false;
}
