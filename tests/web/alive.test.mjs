// The page is alive: dots move while it plays and stand while it does not, and every control works while it runs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect, isState, nodes, simulate, slide } from "./support/app.mjs";
import { onPage } from "./support/harness.mjs";
import { atRest, metric, metricUntil, picture, pixelsChange } from "./support/measure.mjs";
import { differing } from "./support/png.mjs";

const STAGE = '[data-testid="stage"]';

for (const painter of ["gl", "pixels"]) {
  test(
    `dots move while it plays and stand while it is paused (${painter})`,
    onPage(async ({ page, open }) => {
      await open(`?painter=${painter}&users=20000`);
      const canvas = page.getByTestId("canvas");
      await page.locator(`canvas[data-painter="${painter}"]`).waitFor();
      await metricUntil(page, "throughput", (rate) => rate > 0);
      assert.ok((await pixelsChange(page, STAGE, { ms: 600 })) > 200, "dots move");
      await page.keyboard.press(" ");
      await page.locator('[data-testid="play"][data-state="paused"]').waitFor();
      await page.waitForTimeout(700);
      assert.equal(await pixelsChange(page, STAGE, { ms: 600 }), 0, "dots stand");
      const shown = await picture(page, STAGE);
      await canvas.evaluate((element) => element.classList.add("hidden"));
      assert.ok(differing(shown, await picture(page, STAGE), 8) > 200, "what stands are dots");
    }),
  );
}

test(
  "killing the only server with the mouse makes errors rise, and a restart ends them",
  onPage(async ({ page, open }) => {
    await open("?scenario=single-server&speed=1&users=1000");
    await metricUntil(page, "throughput", (rate) => rate > 50);
    assert.equal(await metric(page, "errors"), 0);
    await inspect(page, "web-1");
    await page.getByTestId("crash").click();
    await isState(page, "web-1", "down");
    await metricUntil(page, "errors", (rate) => rate > 50);
    assert.match(await page.getByTestId("reasons").innerText(), /connection refused/);
    assert.match(await page.getByTestId("badge-web-1").textContent(), /\d+ × connection refused/);
    await page.getByTestId("restart").click();
    await isState(page, "web-1", "up");
    await metricUntil(page, "errors", (rate) => rate === 0, { ms: 60_000 });
    await metricUntil(page, "goodput", (rate) => rate > 50);
  }),
);

test(
  "killing a server with the keyboard makes errors rise, and a restart ends them",
  onPage(async ({ page, open }) => {
    await open("?scenario=single-server&speed=1&users=1000");
    await metricUntil(page, "throughput", (rate) => rate > 50);
    await page.keyboard.press("ArrowRight");
    for (let steps = 0; steps < 6; steps += 1) {
      if ((await page.evaluate(() => document.activeElement.dataset.node)) === "web-1") break;
      await page.keyboard.press("ArrowRight");
    }
    assert.equal(await page.evaluate(() => document.activeElement.dataset.node), "web-1");
    await page.keyboard.press("Enter");
    await page.getByTestId("inspector").waitFor();
    await page.keyboard.press("c");
    await isState(page, "web-1", "down");
    await metricUntil(page, "errors", (rate) => rate > 50);
    await page.getByTestId("news").filter({ hasText: /crashed at|Errors rise/ }).waitFor();
    await page.keyboard.press("r");
    await isState(page, "web-1", "up");
    await metricUntil(page, "errors", (rate) => rate === 0, { ms: 60_000 });
    await page.keyboard.press("Escape");
    await page.getByTestId("inspector").waitFor({ state: "detached" });
    assert.equal(await page.evaluate(() => document.activeElement.dataset.node), "web-1", "the focus comes back");
  }),
);

test(
  "a dead server behind the balancer is noticed, and the rest goes on",
  onPage(async ({ page, open }) => {
    await open("?scenario=load-balanced&speed=2&users=2000");
    await metricUntil(page, "throughput", (rate) => rate > 100);
    await inspect(page, "web-1");
    await page.keyboard.press("c");
    await isState(page, "web-1", "unnoticed");
    await metricUntil(page, "errors", (rate) => rate > 20);
    await isState(page, "web-1", "down");
    await metricUntil(page, "errors", (rate) => rate === 0, { ms: 60_000 });
    await metricUntil(page, "goodput", (rate) => rate > 100);
  }),
);

test(
  "a server is added and removed while it runs",
  onPage(async ({ page, open }) => {
    await open("?scenario=load-balanced&speed=1&users=2000");
    await metricUntil(page, "throughput", (rate) => rate > 50);
    await inspect(page, "web-2");
    await page.getByTestId("add").click();
    await page.getByTestId("node-web-3").waitFor();
    const before = await metric(page, "sim-time");
    await inspect(page, "web-3");
    await metricUntil(page, "sim-time", (now) => now > before);
    await page.locator('[data-testid="node-completions"]:not([data-value="0"])').waitFor();
    await page.getByTestId("remove").click();
    await page.getByTestId("node-web-3").waitFor({ state: "detached" });
    assert.deepEqual((await nodes(page)).sort(), ["db-1", "dns", "lb-1", "users", "web-1", "web-2"]);
    assert.ok((await metric(page, "sim-time")) > before, "the same run goes on");
  }),
);

test(
  "the users' slider changes the load while it runs, from one to ten million",
  onPage(async ({ page, open }) => {
    await open("?scenario=cdn&speed=0.2");
    await metricUntil(page, "offered", (rate) => rate > 20);
    await slide(page, "users", 20_000);
    await metricUntil(page, "offered", (rate) => rate > 1500 && rate < 2500, { ms: 60_000 });
    assert.equal(Number(await page.getByTestId("users").getAttribute("data-value")), 20_000);
    await slide(page, "users", 10_000_000);
    await metricUntil(page, "errors", (rate) => rate > 1000, { ms: 60_000 });
    await page.locator('[data-testid="stride"]:not([data-value="1"])').waitFor();
    await slide(page, "users", 1);
    await page.getByText("1 user", { exact: true }).first().waitFor();
  }),
);

test(
  "one user is enough to see something: quiet time is skipped",
  onPage(async ({ page, open }) => {
    await open("?scenario=single-server&users=1");
    await simulate(page, 3);
  }),
);

test(
  "scenarios, seed and speed change by mouse and by key",
  onPage(async ({ page, open }) => {
    await open();
    await page.getByTestId("scenario").selectOption("0");
    await page.getByTestId("node-db-1").waitFor({ state: "detached" });
    await page.keyboard.press("5");
    await page.getByTestId("node-cache-1").waitFor();
    await simulate(page, 0.05);
    await page.getByTestId("seed").fill("42");
    await page.keyboard.press("Enter");
    await page.getByTestId("news").filter({ hasText: "seed 42" }).waitFor();
    assert.equal(await page.getByTestId("seed").inputValue(), "42");
    await page.getByTestId("seed").blur();
    await page.keyboard.press("+");
    assert.equal(Number(await page.getByTestId("speed").getAttribute("data-value")), 0.1);
    await slide(page, "speed", 0.0001);
    await page.getByText("1/10,000 of real time").waitFor();
  }),
);

test(
  "a parameter is edited while it runs, and what cannot be is said beside the field",
  onPage(async ({ page, open }) => {
    await open("?scenario=single-server");
    await inspect(page, "web-1");
    const cores = page.getByTestId("param-cores");
    await cores.fill("0");
    await cores.press("Enter");
    assert.match(await page.getByTestId("problem-cores").innerText(), /out of range.*valid: 1 to 1024/);
    await cores.fill("16");
    await cores.press("Enter");
    await page.getByTestId("problem-cores").waitFor({ state: "detached" });
    await page.getByTestId("news").filter({ hasText: /cores is 16/ }).waitFor();
    await page.getByTestId("param-read_service").fill("250ms");
    await page.getByTestId("param-read_service").press("Enter");
    await page.getByTestId("news").filter({ hasText: /read service is 250ms/ }).waitFor();
  }),
);

test(
  "the drawing is dragged, zoomed by the wheel and fitted, and a drag is no click",
  onPage(async ({ page, open }) => {
    await open("?paused");
    await page.getByTestId("node-web-1").waitFor();
    await atRest(page);
    const world = () => page.locator("svg.cards > g").getAttribute("transform");
    const fitted = await world();
    const box = await page.getByTestId("node-web-1").locator(".card-body").boundingBox();
    const stage = await page.getByTestId("stage").boundingBox();
    await page.mouse.move(stage.x + stage.width / 2, stage.y + 12);
    await page.mouse.down();
    await page.mouse.move(stage.x + stage.width / 2 - 80, stage.y + 52, { steps: 5 });
    await page.mouse.up();
    await atRest(page);
    const moved = await page.getByTestId("node-web-1").locator(".card-body").boundingBox();
    assert.ok(Math.abs(box.x - 80 - moved.x) < 2 && Math.abs(box.y + 40 - moved.y) < 2, "it follows the hand");
    assert.equal(await page.getByTestId("inspector").count(), 0);
    await page.mouse.wheel(0, -300);
    await atRest(page);
    const zoomed = await page.getByTestId("node-web-1").locator(".card-body").boundingBox();
    assert.ok(zoomed.width > box.width * 1.3, "the wheel zooms");
    await page.keyboard.press("f");
    await atRest(page);
    assert.equal(await world(), fitted);
  }),
);

test(
  "a primary that dies with unreplicated writes lists what is lost, by key",
  onPage(async ({ page, open }) => {
    await open("?scenario=replicated&speed=2&users=5000");
    await metricUntil(page, "throughput", (rate) => rate > 100);
    await inspect(page, "db-1");
    await page.getByTestId("param-ship_delay").fill("10s");
    await page.getByTestId("param-ship_delay").press("Enter");
    await simulate(page, 3);
    await page.keyboard.press("Escape");
    await inspect(page, "db-1");
    await page.getByTestId("crash").click();
    await page.getByTestId("lost").waitFor({ timeout: 60_000 });
    assert.ok(Number(await page.getByTestId("lost").getAttribute("data-value")) > 0);
    assert.ok((await page.getByTestId("lost").locator("tbody tr").count()) > 0);
    await page.locator('[data-node="db-2"] .card-chip').filter({ hasText: "primary" }).waitFor();
  }),
);
