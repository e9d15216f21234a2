// Editing as a person does it: by mouse alone, by keyboard alone, by touch; while the simulation runs, and undone.

import assert from "node:assert/strict";
import { test } from "node:test";
import { assertSameRun, card, nodes, openElsewhere, says } from "./support/app.mjs";
import { onPage } from "./support/harness.mjs";
import { accessibilityFaults, atRest, frameCost, metric, metricUntil, shoot } from "./support/measure.mjs";

const body = (page, id) => card(page, id).locator(".card-body").boundingBox();
const middle = (box) => [box.x + box.width / 2, box.y + box.height / 2];
const links = (page) => page.locator("[data-link]").evaluateAll((all) => all.map((found) => found.dataset.link).sort());
/** Waits until a field has the focus: a person looks before writing. */
const hasFocus = (page, id) => page.waitForFunction((name) => document.activeElement?.dataset.testid === name, id);
const newDesign = async (page) => {
  await page.getByTestId("designs").click();
  await page.getByTestId("keep-file").click();
  await page.getByTestId("blank").waitFor();
  await page.keyboard.press("Escape");
};

/** Drags a part from the palette to a point of the stage, given in shares of its size. */
async function drop(page, kind, x, y) {
  const part = await page.getByTestId(`part-${kind}`).boundingBox();
  const stage = await page.getByTestId("stage").boundingBox();
  await page.mouse.move(...middle(part));
  await page.mouse.down();
  await page.mouse.move(stage.x + stage.width * x, stage.y + stage.height * y, { steps: 6 });
  await page.mouse.up();
}

/** Draws a link from one card's handle to another card. */
async function draw(page, from, to) {
  await atRest(page, 100);
  await page.mouse.move(...middle(await body(page, from)));
  const handle = await page.getByTestId(`handle-${from}`).locator(".handle-disc").boundingBox();
  await page.mouse.move(...middle(handle));
  await page.mouse.down();
  await page.mouse.move(...middle(await body(page, to)), { steps: 6 });
  await page.mouse.up();
}

const DESIGN = ["cache-1", "cdn-1", "db-1", "db-2", "dns", "lb-1", "users", "web-1", "web-2"];
const LINKS = [
  "users dns", "users cdn-1", "users lb-1", "cdn-1 lb-1", "lb-1 web-1", "lb-1 web-2", "web-1 cache-1", "web-2 cache-1",
  "web-1 db-1", "web-2 db-1", "cache-1 db-1", "db-1 db-2",
];

test(
  "the design of the notes is built from an empty canvas by mouse alone, runs, breaks and is undone",
  onPage(
    async ({ page, open }) => {
      await open("?scenario=single-server&speed=1");
      await newDesign(page);
      const places = [
        ["users", 0.1, 0.5], ["dns", 0.26, 0.16], ["cdn", 0.26, 0.84], ["load_balancer", 0.42, 0.5], ["web_server", 0.6, 0.24],
        ["web_server", 0.6, 0.76], ["cache", 0.76, 0.5], ["database", 0.92, 0.24], ["database", 0.92, 0.76],
      ];
      for (const [i, [kind, x, y]] of places.entries()) {
        await drop(page, kind, x, y);
        await page.waitForFunction((count) => document.querySelectorAll("[data-node]").length === count, i + 1);
      }
      assert.deepEqual((await nodes(page)).sort(), DESIGN);
      for (const pair of LINKS) {
        await draw(page, ...pair.split(" "));
        await page.getByTestId(`link-${pair.replace(" ", "-")}`).waitFor({ state: "attached" });
      }
      assert.deepEqual(await links(page), [...LINKS].sort());
      await metricUntil(page, "goodput", (rate) => rate > 50, { ms: 40_000 });
      await shoot(page, "built-by-mouse", { sizes: [[1600, 900]] });
      await page.setViewportSize({ width: 1600, height: 900 });
      await atRest(page);
      await page.mouse.click(...middle(await body(page, "web-1")));
      await page.getByTestId("inspector").waitFor();
      await page.getByTestId("crash").click();
      await page.locator('[data-node="web-1"]:is([data-state="unnoticed"], [data-state="down"])').waitFor();
      await page.getByTestId("play").click();
      await page.getByTestId("designs").click();
      await page.getByTestId("keep-link").click();
      await page.waitForFunction(() => location.hash.startsWith("#d="));
      await page.getByRole("button", { name: "Close", exact: true }).last().click();
      const elsewhere = await openElsewhere(page.url());
      await elsewhere.page.locator('[data-node="web-1"]:not([data-state="up"])').waitFor();
      await assertSameRun(page, elsewhere.page);
      await elsewhere.close();
      for (let steps = 0; steps < 60 && (await page.getByTestId("undo").isEnabled()); steps += 1) {
        await page.getByTestId("undo").click();
        await page.waitForTimeout(60);
      }
      await page.waitForFunction(() => document.querySelectorAll("[data-node]").length === 3);
      assert.deepEqual((await nodes(page)).sort(), ["dns", "users", "web-1"]);
    },
    { width: 1600, height: 900 },
  ),
);

test(
  "the same is built by keyboard alone",
  onPage(
    async ({ page, open }) => {
      await open("?scenario=single-server&speed=1");
      const command = async (text) => {
        await page.keyboard.press("Control+k");
        await hasFocus(page, "commands-search");
        await page.keyboard.type(text);
        await page.keyboard.press("Enter");
        await page.getByTestId("commands").waitFor({ state: "detached" });
      };
      await command("new design");
      await page.getByTestId("blank").waitFor();
      // A new design opens the palette.
      await hasFocus(page, "palette-search");
      await page.keyboard.press("Escape");
      await page.getByTestId("palette-search").waitFor({ state: "detached" });
      const find = async (text) => {
        await page.keyboard.press("n");
        await hasFocus(page, "palette-search");
        await page.keyboard.type(text);
        await page.keyboard.press("Enter");
        await page.keyboard.press("Escape");
        await page.getByTestId("palette-search").waitFor({ state: "detached" });
      };
      const parts = ["users", "dns", "cdn", "balancer load", "web server", "web server", "cache", "database", "database"];
      for (const [i, text] of parts.entries()) {
        await find(text);
        await page.waitForFunction((count) => document.querySelectorAll("[data-node]").length === count, i + 1);
      }
      await page.keyboard.press("Shift+T");
      await atRest(page);
      const goTo = async (id) => {
        for (let presses = 0; presses < 200; presses += 1) {
          if ((await page.evaluate(() => document.activeElement?.dataset.node)) === id) return;
          await page.keyboard.press("Tab");
        }
        assert.fail(`Tab does not come to ${id}`);
      };
      for (const pair of LINKS) {
        const [from, to] = pair.split(" ");
        await goTo(from);
        await page.keyboard.press("l");
        await page.getByTestId("selection-bar").waitFor();
        await goTo(to);
        await page.getByTestId("hint").waitFor();
        await page.keyboard.press("Enter");
        await page.getByTestId(`link-${from}-${to}`).waitFor({ state: "attached" });
      }
      assert.deepEqual(await links(page), [...LINKS].sort());
      await metricUntil(page, "goodput", (rate) => rate > 50, { ms: 40_000 });
      await goTo("web-2");
      await page.keyboard.press("c");
      await page.locator('[data-node="web-2"]:not([data-state="up"])').waitFor();
      await page.keyboard.press(" ");
      await page.locator('[data-testid="play"][data-state="paused"]').waitFor();
      await page.keyboard.press("Control+Shift+s");
      await page.waitForFunction(() => location.hash.startsWith("#d="));
      const elsewhere = await openElsewhere(page.url());
      await elsewhere.page.locator('[data-node="web-2"]:not([data-state="up"])').waitFor();
      await assertSameRun(page, elsewhere.page);
      await elsewhere.close();
      for (let steps = 0; steps < 60 && (await page.getByTestId("undo").isEnabled()); steps += 1) {
        await page.keyboard.press("Control+z");
        await page.waitForTimeout(60);
      }
      assert.equal(await page.getByTestId("node-cdn-1").count(), 0);
      await page.keyboard.press("Control+Shift+z");
      await page.getByTestId("blank").waitFor();
    },
    { width: 1600, height: 900 },
  ),
);

test(
  "what cannot be linked is explained, and Escape gives up",
  onPage(async ({ page, open }) => {
    await open("?scenario=replicated&paused");
    await atRest(page);
    const before = await links(page);
    await page.mouse.move(...middle(await body(page, "lb-1")));
    const handle = await page.getByTestId("handle-lb-1").locator(".handle-disc").boundingBox();
    await page.mouse.move(...middle(handle));
    await page.mouse.down();
    await page.mouse.move(...middle(await body(page, "db-1")), { steps: 5 });
    assert.match(await page.getByTestId("hint").textContent(), /A load balancer cannot call a database/i);
    assert.ok((await page.locator(".card.is-unfit").count()) >= 4);
    await shoot(page, "linking");
    await page.keyboard.press("Escape");
    await page.getByTestId("hint").waitFor({ state: "detached" });
    await page.mouse.up();
    assert.deepEqual(await links(page), before);
    await draw(page, "db-1", "web-1");
    await says(page, /Draw it the other way: from Web server 1 to Primary/);
    assert.deepEqual(await links(page), before);
  }),
);

test(
  "a link is selected by its grip and by key, deleted, and brought back",
  onPage(async ({ page, open }) => {
    await open("?scenario=load-balanced&speed=1&users=2000");
    await metricUntil(page, "throughput", (rate) => rate > 50);
    await page.getByTestId("grip-lb-1-web-2").hover({ force: true });
    await page.getByTestId("grip-lb-1-web-2").click({ force: true });
    await page.getByTestId("selection-bar").getByText(/Load balancer → Web server 2: [\d.]+ kB\/s there, [\d.]+ [kM]B\/s back/).waitFor();
    await page.waitForFunction(() => document.querySelectorAll('.link[data-from="lb-1"]:is(.load-3, .load-4)').length === 2);
    await page.keyboard.press("Delete");
    await page.getByTestId("link-lb-1-web-2").waitFor({ state: "detached" });
    await page.keyboard.press("Control+z");
    await page.getByTestId("link-lb-1-web-2").waitFor({ state: "attached" });
    await page.getByTestId("link-lb-1-web-1").focus();
    await page.keyboard.press("Delete");
    await page.getByTestId("link-lb-1-web-1").waitFor({ state: "detached" });
    await metricUntil(page, "goodput", (rate) => rate > 50);
  }),
);

test(
  "cards are carried, nudged, framed, aligned, duplicated, cut, pasted and grouped; each is undone",
  onPage(async ({ page, open }) => {
    await open("?scenario=replicated&speed=1&users=2000");
    await metricUntil(page, "throughput", (rate) => rate > 20);
    await atRest(page);
    const start = await body(page, "web-1");
    await page.mouse.move(start.x + 30, start.y + 60);
    await page.mouse.down();
    await page.mouse.move(start.x + 70, start.y + 130, { steps: 5 });
    await page.mouse.up();
    await atRest(page);
    const moved = await body(page, "web-1");
    assert.ok(Math.abs(moved.x - start.x - 40) < 14 && Math.abs(moved.y - start.y - 70) < 14, "it follows the hand, to a line near by");
    assert.equal(await page.getByTestId("inspector").count(), 0, "a drag is no click");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await atRest(page);
    assert.ok((await body(page, "web-1")).x > moved.x + 5, "arrows nudge what is selected");
    await page.keyboard.press("Control+z");
    await page.keyboard.press("Control+z");
    await atRest(page);
    const back = await body(page, "web-1");
    assert.ok(Math.abs(back.x - start.x) < 3 && Math.abs(back.y - start.y) < 3, "undone");

    await page.keyboard.press("Escape");
    const [one, two] = [await body(page, "web-1"), await body(page, "web-2")];
    await page.keyboard.down("Shift");
    await page.mouse.move(Math.min(one.x, two.x) - 12, Math.min(one.y, two.y) - 12);
    await page.mouse.down();
    await page.mouse.move(Math.max(one.x, two.x) + one.width + 6, Math.max(one.y, two.y) + one.height + 6, { steps: 5 });
    await page.mouse.up();
    await page.keyboard.up("Shift");
    await page.getByText("2 selected").waitFor();
    await page.keyboard.press("Control+d");
    await page.getByTestId("node-web-4").waitFor();
    await page.getByText("2 selected").waitFor();
    await page.keyboard.press("Control+g");
    await page.getByTestId("tier-name").fill("Front");
    await page.keyboard.press("Enter");
    const name = page.getByTestId("frame-Front");
    await name.waitFor();
    await page.keyboard.press("Escape");
    const [was, tab] = [await body(page, "web-3"), middle(await name.boundingBox())];
    await page.mouse.move(...tab);
    await page.mouse.down();
    await page.mouse.move(tab[0] + 40, tab[1] + 40, { steps: 5 });
    await page.mouse.up();
    await atRest(page);
    assert.ok((await body(page, "web-3")).x > was.x + 20, "the frame takes its members along");
    await name.focus();
    await page.keyboard.press("Enter");
    await page.getByText("2 selected").waitFor();
    await page.getByTestId("region-bar").fill("eu-west-1");
    await page.getByTestId("region-bar").press("Enter");
    await page.getByTestId("frame-eu-west-1").waitFor();
    await page.getByTestId("region-bar").blur();
    await page.getByTestId("align-left").click();
    await atRest(page);
    assert.ok(Math.abs((await body(page, "web-3")).x - (await body(page, "web-4")).x) < 1.5, "aligned");
    await page.keyboard.press("Control+x");
    await page.getByTestId("node-web-4").waitFor({ state: "detached" });
    await page.keyboard.press("Control+v");
    await page.getByTestId("node-web-4").waitFor();
    await atRest(page);
    await page.mouse.click(...middle(await body(page, "users")), { modifiers: ["Control"] });
    for (let steps = 0; steps < 16 && (await page.getByTestId("undo").isEnabled()); steps += 1) {
      await page.keyboard.press("Control+z");
      await page.waitForTimeout(80);
    }
    assert.deepEqual((await nodes(page)).sort(), ["db-1", "db-2", "dns", "lb-1", "users", "web-1", "web-2"]);
    assert.equal(await page.locator(".tier").count(), 0);
    await metricUntil(page, "goodput", (rate) => rate > 20);
  }),
);

test(
  "a node is renamed in place, grown, and a slider's way is one step of undoing",
  onPage(async ({ page, open }) => {
    await open("?scenario=separate-database");
    await atRest(page);
    // On a busy machine the two clicks may come so late after each other that they are none: then once more.
    for (let tries = 0; tries < 2 && (await page.getByTestId("rename").count()) === 0; tries += 1) {
      await atRest(page);
      await page.mouse.dblclick(...middle(await body(page, "web-1")));
      await page.getByTestId("rename").waitFor({ timeout: 1_500 }).catch(() => {});
    }
    await hasFocus(page, "rename");
    await page.keyboard.type("Shop front");
    await page.keyboard.press("Enter");
    await card(page, "web-1").locator(".card-label", { hasText: "Shop front" }).waitFor();
    await page.keyboard.press("F2");
    await hasFocus(page, "rename");
    await page.keyboard.type("Something else");
    await page.keyboard.press("Escape");
    await page.getByTestId("rename").waitFor({ state: "detached" });
    await card(page, "web-1").locator(".card-label", { hasText: "Shop front" }).waitFor();
    await page.keyboard.press("Control+Enter");
    await page.waitForFunction(() => document.querySelectorAll("[data-node]").length === 5);
    // One movement of a hand.
    await page.getByTestId("users").evaluate((input) => {
      for (const users of [3_000, 5_000, 9_000]) {
        input.value = String(Math.log10(users));
        input.dispatchEvent(new InputEvent("input", { bubbles: true }));
      }
    });
    await atRest(page);
    await page.keyboard.press("Control+z");
    await atRest(page);
    assert.equal(Number(await page.getByTestId("users").getAttribute("data-value")), 1_000);
    await page.keyboard.press("Control+z");
    await page.waitForFunction(() => document.querySelectorAll("[data-node]").length === 4);
  }),
);

test(
  "two clicks are a double click by when they were made, however late the page gets to them",
  onPage(async ({ page, open }) => {
    await open("?scenario=separate-database&paused");
    await atRest(page);
    const [x, y] = middle(await body(page, "web-1"));
    const cdp = await page.context().newCDPSession(page);
    const mouse = (type, clickCount) => cdp.send("Input.dispatchMouseEvent", { type, x, y, button: "left", clickCount });
    // The page is busy for longer than a double click may take while the second one waits.
    await page.evaluate(() => {
      let presses = 0;
      const stall = () => {
        presses += 1;
        for (const until = performance.now() + 700; presses === 2 && performance.now() < until; );
      };
      addEventListener("pointerdown", stall, { capture: true });
    });
    await Promise.all([mouse("mousePressed", 1), mouse("mouseReleased", 1), mouse("mousePressed", 2), mouse("mouseReleased", 2)]);
    await hasFocus(page, "rename");
  }),
);

test(
  "each region has a frame of its own, and a node is put into one in its details",
  onPage(async ({ page, open }) => {
    await open("?scenario=regions&paused");
    await atRest(page);
    const frames = await page.locator(".tier.is-region").evaluateAll((all) => all.map((found) => found.getBoundingClientRect().toJSON()));
    assert.equal(frames.length, 2);
    const [one, other] = frames.sort((a, b) => a.top - b.top);
    assert.ok(one.bottom <= other.top + 1, "they share no place");
    await page.getByTestId("frame-eu-west-1").click({ button: "right" });
    await page.getByTestId("fault-menu").getByRole("button", { name: "Black out" }).waitFor();
    await page.getByTestId("act-target").click();
    await page.getByText("6 selected").waitFor();
    await page.keyboard.press("Escape");
    await page.locator('[data-node="dns"]').focus();
    await page.keyboard.press("Enter");
    await page.getByTestId("region-part").fill("ap-south-1");
    await page.keyboard.press("Enter");
    await page.getByTestId("frame-ap-south-1").waitFor();
    await page.getByTestId("news").filter({ hasText: /DNS is in ap-south-1/ }).waitFor();
    await page.getByTestId("region-part").blur();
    await page.keyboard.press("Control+z");
    await page.getByTestId("frame-ap-south-1").waitFor({ state: "detached" });
  }),
);

test(
  "the view: hand, space, zoom, fit, minimap, tidy",
  onPage(async ({ page, open }) => {
    await open("?scenario=cdn&paused");
    await atRest(page);
    const at = () => body(page, "lb-1");
    const stage = await page.getByTestId("stage").boundingBox();
    const before = await at();
    await page.mouse.move(stage.x + 300, stage.y + 300);
    await page.keyboard.down(" ");
    await page.mouse.down();
    await page.mouse.move(stage.x + 360, stage.y + 330, { steps: 4 });
    await page.mouse.up();
    await page.keyboard.up(" ");
    await atRest(page);
    const panned = await at();
    assert.ok(Math.abs(panned.x - before.x - 60) < 3, "space and a drag pan");
    assert.equal(await page.getByTestId("play").getAttribute("data-state"), "paused", "and that is no tap");
    await page.keyboard.press("h");
    await page.mouse.move(...middle(panned));
    await page.mouse.down();
    await page.mouse.move(middle(panned)[0] - 50, middle(panned)[1], { steps: 4 });
    await page.mouse.up();
    await atRest(page);
    assert.ok(Math.abs((await at()).x - panned.x + 50) < 3, "the hand pans even on a card");
    await page.keyboard.press("v");
    const still = await at();
    const turn = (deltaY, notches) =>
      page.getByTestId("stage").evaluate((root, [length, old]) => {
        const event = new WheelEvent("wheel", { deltaY: length, bubbles: true, cancelable: true, clientX: 600, clientY: 300 });
        root.dispatchEvent(Object.defineProperty(event, "wheelDeltaY", { value: old }));
      }, [deltaY, notches]);
    await turn(-30, 90);
    await atRest(page);
    const fingers = await at();
    assert.ok(Math.abs(fingers.y - still.y - 30) < 3 && Math.abs(fingers.width - still.width) < 1, "two fingers on a touchpad pan");
    await turn(-100, 120);
    await atRest(page);
    assert.ok((await at()).width > still.width * 1.1, "a wheel zooms");
    for (let i = 0; i < 4; i += 1) await page.keyboard.press("Control+=");
    await page.getByTestId("minimap").waitFor();
    await atRest(page);
    const world = () => page.locator("svg.cards > g").getAttribute("transform");
    const wide = await world();
    const map = await page.getByTestId("minimap").boundingBox();
    await page.mouse.move(map.x + 30, map.y + 40);
    await page.mouse.down();
    await page.mouse.move(map.x + 12, map.y + 80, { steps: 3 });
    await page.mouse.up();
    for (let tries = 0; tries < 40 && (await world()) === wide; tries += 1) await page.waitForTimeout(50);
    assert.notEqual(await world(), wide, "the minimap moves the view");
    await page.keyboard.press("Shift+Digit1");
    await atRest(page);
    assert.equal(await page.getByTestId("minimap").count(), 0, "everything is seen");
    await page.mouse.click(...middle(await at()));
    await page.getByTestId("inspector").waitFor();
    await page.keyboard.press("Shift+Digit2");
    await atRest(page);
    assert.ok((await at()).width > before.width, "what is selected is large");
  }),
);

test(
  "the command palette reaches what has no key, and what a frame costs while a card is carried is told",
  onPage(async ({ page, open }, t) => {
    await open("?scenario=cdn&users=20000&speed=0.2");
    await metricUntil(page, "throughput", (rate) => rate > 100);
    await page.keyboard.press("Control+k");
    await hasFocus(page, "commands-search");
    await page.keyboard.type("crash web server 2");
    await page.keyboard.press("Enter");
    await page.locator('[data-node="web-2"]:not([data-state="up"])').waitFor();
    await page.keyboard.press("Control+k");
    await hasFocus(page, "commands-search");
    await page.keyboard.type("break load balancer web server 1");
    await page.keyboard.press("Enter");
    await page.locator('[data-testid="fault-menu"][data-value="lb-1→web-1"]').waitFor();
    await page.keyboard.press("Escape");
    await page.getByTestId("fault-menu").waitFor({ state: "detached" });
    await page.keyboard.press("Control+k");
    await page.getByTestId("commands").waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.keyboard.press("Escape");
    await page.keyboard.press("n");
    await page.getByTestId("palette-search").waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.keyboard.press("Escape");
    const box = await body(page, "cache-1");
    await page.mouse.move(...middle(box));
    await page.mouse.down();
    let going = true;
    const mover = (async () => {
      for (let i = 0; going; i += 1) await page.mouse.move(middle(box)[0] + 30 * Math.sin(i / 3), middle(box)[1] + 30 * Math.cos(i / 3));
    })();
    const cost = await frameCost(page, 90);
    going = false;
    await mover;
    await page.mouse.up();
    // What it costs depends on how the page was built and on who else works on this machine.
    t.diagnostic(`${cost.cpuMs.toFixed(1)} ms of CPU a frame, ${cost.fps.toFixed(0)} frames a second, while a card is carried`);
    assert.ok(cost.fps > 2);
  }),
);
