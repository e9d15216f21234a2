// Nothing is lost: by a reload, in a file, in a link; and what is torn is said, and changes nothing.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { assertSameRun, inspect, isState, nodes, openElsewhere, says, simulate } from "./support/app.mjs";
import { browser, onPage } from "./support/harness.mjs";
import { accessibilityFaults, metric, metricUntil, shoot } from "./support/measure.mjs";

const ready = (page) => page.locator("[data-node]").first().waitFor();
const kept = (page) => page.evaluate(() => JSON.parse(localStorage.getItem("scalescope-now")));

async function addServer(page) {
  await inspect(page, "web-2");
  await page.getByTestId("add").click();
  await page.getByTestId("node-web-3").waitFor();
  await page.waitForTimeout(500);
}

test(
  "a reload loses nothing, and what was done before it can still be undone",
  onPage(async ({ page, open }) => {
    await open("?scenario=load-balanced&seed=9&painter=pixels");
    await addServer(page);
    assert.equal(new URL(page.url()).search, "?painter=pixels", "the address does not claim another design");
    await page.getByTestId("seed").fill("77");
    await page.keyboard.press("Enter");
    await page.waitForTimeout(500);
    await page.reload();
    await ready(page);
    assert.ok((await nodes(page)).includes("web-3"));
    assert.equal(await page.getByTestId("seed").inputValue(), "77");
    // The seed was the last step of the other page; the server before it is undone here.
    await page.keyboard.press("Escape");
    await inspect(page, "web-3");
    await page.getByTestId("param-cores").fill("7");
    await page.getByTestId("param-cores").press("Enter");
    await page.waitForTimeout(500);
    await page.reload();
    await ready(page);
    await page.keyboard.press("Control+z");
    await page.waitForTimeout(500);
    const node = (await kept(page)).design.nodes.find((one) => one.id === "web-3");
    assert.notEqual(node.params?.cores, 7);
  }),
);

test(
  "a reload goes on with the run, with what is broken, and with what was promised",
  onPage(async ({ page, open }) => {
    await open("?scenario=load-balanced&speed=1");
    await addServer(page);
    await page.keyboard.press("Escape");
    await page.locator('[data-node="web-1"]').focus();
    await page.keyboard.press("c");
    await isState(page, "web-1", "unnoticed");
    await page.keyboard.press("o");
    await page.getByTestId("goal-p99").locator("input").fill("123");
    await page.waitForTimeout(400);
    const before = await metric(page, "sim-time");
    await page.reload();
    await ready(page);
    await page.locator('[data-node="web-1"]:not([data-state="up"])').waitFor();
    await metricUntil(page, "sim-time", (now) => now >= before);
    await page.getByTestId("node-web-3").waitFor();
    await page.keyboard.press("o");
    assert.equal(await page.getByTestId("goal-p99").locator("input").inputValue(), "123");
    // What takes a step back goes on from there; a new start does not.
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+z");
    await page.getByTestId("node-web-3").waitFor({ state: "detached" });
    await page.keyboard.press("0");
    await isState(page, "web-1", "up");
    await metricUntil(page, "sim-time", (now) => now < before);
  }),
);

test(
  "charts that are pinned are there after a reload, and in a fresh profile by the link",
  onPage(async ({ page, open }) => {
    await open("?scenario=load-balanced&speed=1");
    await inspect(page, "web-1");
    await page.getByTestId("pin-queue").click();
    await page.getByTestId("pin-errors").click();
    await page.getByTestId("pin-errors").click();
    await page.waitForTimeout(500);
    assert.deepEqual((await kept(page)).pins, [["web-1", "queue"]]);
    await page.reload();
    await ready(page);
    await page.keyboard.press("g");
    await page.getByTestId("chart-pin-web-1-waiting").waitFor();
    assert.equal(await page.getByTestId("chart-pin-web-1-errors").count(), 0);
    await page.keyboard.press("Control+Shift+s");
    await page.waitForFunction(() => location.hash.startsWith("#d="));
    const elsewhere = await openElsewhere(page.url());
    await elsewhere.page.keyboard.press("g");
    await elsewhere.page.getByTestId("chart-pin-web-1-waiting").waitFor();
    await elsewhere.close();
  }),
);

test(
  "what this browser has kept may be torn: that is said, and the last good state is open",
  onPage(async ({ page, open }) => {
    await open("?scenario=load-balanced");
    await addServer(page);
    await page.reload();
    await ready(page);
    await page.waitForTimeout(600);
    // Before the page's own code begins: what it writes down when it leaves would mend what is torn.
    await page.addInitScript(() => {
      for (const key of ["scalescope-now", "scalescope-good"]) {
        const planted = sessionStorage.getItem(`planted-${key}`);
        sessionStorage.removeItem(`planted-${key}`);
        if (planted) localStorage.setItem(key, planted);
      }
    });
    const plant = (key, text) => page.evaluate(([name, value]) => sessionStorage.setItem(`planted-${name}`, value), [key, text]);
    await plant("scalescope-now", "{ torn");
    await page.reload();
    await ready(page);
    await says(page, /cannot be read.*no JSON.*An earlier state is open/s);
    assert.ok((await nodes(page)).includes("web-3"));
    await plant("scalescope-now", '{"version":99}');
    await plant("scalescope-good", "also torn");
    await page.reload();
    await ready(page);
    await says(page, /a newer Scalescope has written it.*A scenario is open/s);
    // What the first page kept: a bare document.
    await plant("scalescope-now", JSON.stringify({ version: 1, name: "Old", seed: 5, links: [{ from: "users", to: "web-9" }],
      nodes: [{ id: "users", kind: "users" }, { id: "web-9", kind: "web_server" }] }));
    await page.reload();
    await page.getByTestId("node-web-9").waitFor();
    assert.equal(await page.getByTestId("seed").inputValue(), "5");
  }),
);

test(
  "a link holds the whole design: in a fresh profile it gives the same run",
  onPage(async ({ page, open, site }) => {
    await open("?scenario=cached&seed=11");
    await inspect(page, "web-1");
    await page.getByTestId("param-read_service").fill("9ms");
    await page.getByTestId("param-read_service").press("Enter");
    await page.waitForTimeout(300);
    await page.keyboard.press("Control+Shift+s");
    await page.waitForFunction(() => location.hash.startsWith("#d="));
    const address = page.url();
    assert.ok(address.length < 4_000, `${address.length} letters`);
    const here = (await kept(page)).design;
    const context = await (await browser()).newContext({ viewport: { width: 1280, height: 720 } });
    try {
      const other = await context.newPage();
      await other.goto(address);
      await ready(other);
      await other.waitForTimeout(600);
      const there = (await kept(other)).design;
      assert.deepEqual(there, here);
      assert.equal(await other.getByTestId("seed").inputValue(), "11");
      const elsewhere = await openElsewhere(address);
      await page.getByTestId("play").click();
      await page.waitForTimeout(400);
      await page.keyboard.press("Control+Shift+s");
      await page.waitForFunction((before) => location.href !== before, address);
      const later = await openElsewhere(page.url());
      await assertSameRun(page, later.page);
      await Promise.all([elsewhere, later].map((one) => one.close()));
      const broken = await context.newPage();
      await broken.goto(`${address.slice(0, -40)}@@@`);
      await ready(broken);
      await broken.getByTestId("toast").filter({ hasText: /The link holds no design/ }).waitFor();
      const bomb = await context.newPage();
      await bomb.goto(`${site.url}#d=${await zeros(page, 40_000_000)}`);
      await bomb.getByTestId("toast").filter({ hasText: /too large/ }).waitFor();
    } finally {
      await context.close();
    }
  }),
);

/** A link's letters that unfold to so many zeros. */
function zeros(page, count) {
  return page.evaluate(async (length) => {
    const stream = new Blob([new Uint8Array(length)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
    const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
    let text = "";
    for (const byte of bytes) text += String.fromCharCode(byte);
    return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  }, count);
}

test(
  "designs are named, kept, opened and forgotten, and saved to a file that opens again",
  onPage(async ({ page, open }) => {
    await open("?scenario=replicated");
    await page.waitForTimeout(500);
    await page.getByTestId("designs").click();
    await page.getByTestId("design-name").fill("Shop, two databases");
    await page.getByTestId("design-name").press("Tab");
    await page.getByTestId("keep-store").click();
    await page.locator(".design-open").getByText("Shop, two databases").waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await shoot(page, "designs");
    const download = page.waitForEvent("download");
    await page.getByTestId("keep-save").click();
    const file = await download;
    assert.equal(file.suggestedFilename(), "shop-two-databases.scalescope.json");
    const text = await readFile(await file.path(), "utf8");
    assert.equal(JSON.parse(text).name, "Shop, two databases");
    await page.getByTestId("keep-file").click();
    await page.getByTestId("blank").waitFor();
    await page.getByTestId("designs").click();
    await page.locator(".design-open").click();
    await page.getByTestId("node-db-2").waitFor();
    await page.getByTestId("designs").click();
    await page.getByRole("button", { name: "Forget Shop, two databases" }).click();
    await page.getByText("Nothing yet").waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("1");
    await page.getByTestId("node-db-2").waitFor({ state: "detached" });
    await page.getByTestId("file").setInputFiles({ name: "shop.json", mimeType: "application/json", buffer: Buffer.from(text) });
    await page.getByTestId("node-db-2").waitFor();
    await page.keyboard.press("Control+z");
    await page.getByTestId("node-db-2").waitFor({ state: "detached" });
  }),
);

test(
  "an unfinished design runs, is kept and comes back",
  onPage(async ({ page, open }) => {
    await open("?scenario=single-server&speed=1");
    await page.getByTestId("designs").click();
    await page.getByTestId("keep-file").click();
    await page.getByTestId("blank").waitFor();
    await page.keyboard.press("Escape");
    await page.getByTestId("part-users").focus();
    await page.keyboard.press("Enter");
    await page.getByTestId("node-users").waitFor();
    await metricUntil(page, "errors", (rate) => rate > 20);
    await page.waitForTimeout(500);
    await page.reload();
    await ready(page);
    assert.deepEqual(await nodes(page), ["users"]);
    await simulate(page, 0.02);
    assert.ok((await metric(page, "offered")) >= 0);
  }),
);
