// By touch: parts are dragged, cards carried and linked, and a long press opens the menu, whether the browser tells of it or not.

import assert from "node:assert/strict";
import { test } from "node:test";
import { card, nodes } from "./support/app.mjs";
import { onPage } from "./support/harness.mjs";
import { accessibilityFaults, atRest, metric, shoot } from "./support/measure.mjs";

const PHONE = { width: 390, height: 844, touch: true };

const body = (page, id) => card(page, id).locator(".card-body").boundingBox();
const middle = (box) => [box.x + box.width / 2, box.y + box.height / 2];

/** One finger: `down`, `move` and `up`. */
async function finger(page) {
  const cdp = await page.context().newCDPSession(page);
  const send = (type, points) => cdp.send("Input.dispatchTouchEvent", { type, touchPoints: points.map(([x, y]) => ({ x, y })) });
  return {
    down: (at) => send("touchStart", [at]),
    up: () => send("touchEnd", []),
    async move(from, to) {
      for (let i = 1; i <= 6; i += 1) await send("touchMove", [[from[0] + ((to[0] - from[0]) * i) / 6, from[1] + ((to[1] - from[1]) * i) / 6]]);
    },
  };
}

test(
  "parts are dragged, and cards carried and linked",
  onPage(async ({ page, open }) => {
    await open("?scenario=single-server");
    await atRest(page);
    const hand = await finger(page);
    // By way of `over`, where a part must be drawn out of its list first.
    const drag = async (from, to, over = from) => {
      await hand.down(from);
      await hand.move(from, over);
      await hand.move(over, to);
      await hand.up();
    };
    const stage = await page.getByTestId("stage").boundingBox();
    await page.getByTestId("palette-open").tap();
    await page.getByTestId("palette-search").waitFor();
    await page.waitForTimeout(300);
    await page.getByTestId("part-cache").scrollIntoViewIfNeeded();
    const part = middle(await page.getByTestId("part-cache").boundingBox());
    await drag(part, [stage.x + stage.width * 0.75, stage.y + stage.height * 0.35], [part[0] + 40, part[1]]);
    await page.getByTestId("node-cache-1").waitFor();
    const before = await body(page, "cache-1");
    await drag(middle(before), [middle(before)[0] - 40, middle(before)[1] + 30]);
    await atRest(page);
    assert.equal(await page.getByTestId("palette-search").count(), 0, "the palette gives way");
    assert.ok(Math.abs((await body(page, "cache-1")).x - before.x + 40) < 14, "a finger carries a card");
    const handle = await page.getByTestId("handle-web-1").boundingBox();
    await drag(middle(handle), middle(await body(page, "cache-1")));
    await page.getByTestId("link-web-1-cache-1").waitFor({ state: "attached" });
    await shoot(page, "phone", { sizes: [[390, 844]] });
  }, PHONE),
);

/** What Android does of itself while a finger rests, and an iPhone does not. */
const tellOfIt = (page, at) =>
  page.evaluate(([x, y]) => {
    const init = { bubbles: true, cancelable: true, clientX: x, clientY: y };
    document.elementFromPoint(x, y).dispatchEvent(new MouseEvent("contextmenu", init));
  }, at);

for (const [browser, isTold] of [["one that tells of it", true], ["one that says nothing, as on an iPhone", false]]) {
  test(
    `a long press opens the menu of what is under the finger, in ${browser}`,
    onPage(async ({ page, open, context }) => {
      await context.addInitScript(() => addEventListener("touchend", (event) => (globalThis.isClick = !event.defaultPrevented)));
      await open("?scenario=load-balanced&speed=1");
      await atRest(page);
      const hand = await finger(page);
      const menu = page.getByTestId("fault-menu");
      const press = async (at) => {
        await hand.down(at);
        if (isTold) await tellOfIt(page, at);
        await menu.waitFor();
        if (isTold) await page.waitForTimeout(700);
        assert.equal(await menu.count(), 1);
        await hand.up();
        assert.equal(await page.evaluate(() => globalThis.isClick), false, "no browser makes a click of it");
        await page.waitForTimeout(500);
        assert.ok(await menu.isVisible(), "lifting the finger does not close it, nor do what lies under it");
        assert.equal(await page.locator("[data-state='unnoticed'], [data-state='down']").count(), 0);
      };
      const web = middle(await body(page, "web-1"));
      await press(web);
      assert.equal(await menu.getAttribute("data-value"), "web-1");
      assert.equal(await page.getByTestId("inspector").count(), 0, "it is no tap");
      await shoot(page, "phone-menu", { sizes: [[390, 844]] });
      assert.deepEqual(await accessibilityFaults(page), []);
      await menu.getByTestId("fault-crash").tap();
      await page.locator('[data-node="web-1"]:not([data-state="up"])').waitFor();
      await menu.waitFor({ state: "detached" });
      await page.locator('[data-node="web-1"]').focus();
      await page.keyboard.press("r");
      await page.locator('[data-node="web-1"][data-state="up"]').waitFor({ timeout: 60_000 });
      // The ground beside the cards.
      const stage = await page.getByTestId("stage").boundingBox();
      await press([stage.x + 12, stage.y + stage.height - 12]);
      await menu.getByTestId("act-undo").waitFor();
      await page.touchscreen.tap(stage.x + 20, stage.y + 10);
      await menu.waitFor({ state: "detached" });
      // A finger that moves carries the card; a short tap opens its details.
      const before = await body(page, "web-1");
      await hand.down(middle(before));
      await hand.move(middle(before), [middle(before)[0] + 40, middle(before)[1] - 30]);
      await page.waitForTimeout(800);
      assert.equal(await menu.count(), 0);
      await hand.up();
      await atRest(page);
      assert.ok(Math.abs((await body(page, "web-1")).x - before.x - 40) < 14);
      await page.touchscreen.tap(...middle(await body(page, "web-1")));
      await page.getByTestId("inspector").waitFor();
      assert.ok((await metric(page, "sim-time")) > 0);
      assert.ok((await nodes(page)).includes("web-1"));
    }, PHONE),
  );
}
