// Faults by mouse and by key: the menu at a place, the list of what is broken, the timeline, and chaos under a seed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { card, isState, simulate } from "./support/app.mjs";
import { onPage } from "./support/harness.mjs";
import { accessibilityFaults, atRest, metric, metricUntil, shoot } from "./support/measure.mjs";

const broken = (page) => page.getByTestId("broken");
const chip = (page, id) => page.locator(`[data-node="${id}"] .card-chip`);

async function rightClick(page, id) {
  await atRest(page);
  await card(page, id).locator(".card-body").click({ button: "right" });
  await page.locator(`[data-testid="fault-menu"][data-value="${id}"]`).waitFor();
}

/** The middle of a link's curve, on the screen. */
async function linkMiddle(page, from, to) {
  await atRest(page);
  return page.locator(`[data-from="${from}"][data-to="${to}"] .link-line`).evaluate((path) => {
    const point = path.getPointAtLength(path.getTotalLength() * 0.4).matrixTransform(path.getScreenCTM());
    return { x: point.x, y: point.y };
  });
}

test(
  "a node is slowed by right-click and dial, listed, shown on the drawing, and healed",
  onPage(async ({ page, open }) => {
    await open("?scenario=load-balanced&speed=1&users=2000");
    await metricUntil(page, "throughput", (rate) => rate > 50);
    await rightClick(page, "web-1");
    await page.getByTestId("dial-slow").fill("0.8");
    await page.getByTestId("fault-slow").click();
    await page.getByTestId("fault-menu").waitFor({ state: "detached" });
    await chip(page, "web-1").filter({ hasText: "slow" }).waitFor();
    await page.getByTestId("news").filter({ hasText: /takes \d+ times as long/ }).waitFor();
    await page.getByTestId("rail-faults").click();
    await broken(page).getByText(/\d+ times as slow/).waitFor();
    assert.deepEqual(await accessibilityFaults(page), []);
    await shoot(page, "faults", { sizes: [[1280, 720], [390, 844]] });
    await page.setViewportSize({ width: 1280, height: 720 });
    await page.getByTestId("heal-web-1").click();
    await page.getByTestId("nothing-broken").waitFor();
  }),
);

test(
  "a node is hung and healed with the keyboard alone",
  onPage(async ({ page, open }) => {
    await open("?scenario=single-server&speed=1&users=1000");
    await metricUntil(page, "throughput", (rate) => rate > 50);
    await page.locator('[data-node="web-1"]').focus();
    await page.keyboard.press("b");
    await page.getByTestId("fault-menu").waitFor();
    for (let steps = 0; steps < 8; steps += 1) {
      if ((await page.evaluate(() => document.activeElement.dataset.testid)) === "fault-hang") break;
      await page.keyboard.press("ArrowDown");
    }
    await page.keyboard.press("Enter");
    await chip(page, "web-1").filter({ hasText: "hung" }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.dataset.node), "web-1", "the focus comes back");
    await page.keyboard.press("b");
    await page.keyboard.press("Escape");
    await page.getByTestId("fault-menu").waitFor({ state: "detached" });
    await page.keyboard.press("x");
    await page.getByTestId("heal-web-1").focus();
    await page.keyboard.press("Enter");
    await page.getByTestId("nothing-broken").waitFor();
    await page.keyboard.press("Escape");
    await page.getByTestId("faults").waitFor({ state: "detached" });
    await page.getByTestId("link-users-web-1").focus();
    await page.keyboard.press("b");
    await page.locator('[data-testid="fault-menu"][data-value="users→web-1"]').waitFor();
    await page.keyboard.press("Escape");
    await page.getByTestId("fault-menu").waitFor({ state: "detached" });
  }),
);

test(
  "a link is cut one way by right-click, and everything is healed at once",
  onPage(async ({ page, open }) => {
    await open("?scenario=load-balanced&speed=1&users=2000");
    await metricUntil(page, "throughput", (rate) => rate > 50);
    const { x, y } = await linkMiddle(page, "lb-1", "web-1");
    await page.mouse.click(x, y, { button: "right" });
    await page.getByTestId("fault-menu").getByRole("button", { name: "Answers", exact: true }).click();
    await page.getByTestId("fault-partition").click();
    await page.locator('[data-from="lb-1"][data-to="web-1"].is-cut').waitFor();
    await page.locator('[data-node="db-1"]').focus();
    await page.keyboard.press("b");
    await page.getByTestId("fault-read_only").click();
    await page.getByTestId("rail-faults").click();
    await broken(page).getByText("answers: cut").waitFor();
    await broken(page).getByText("disk read-only").waitFor();
    await page.getByTestId("heal-all").click();
    await page.getByTestId("nothing-broken").waitFor();
    assert.equal(await page.locator(".link.is-cut").count(), 0);
  }),
);

test(
  "a fault is placed on the timeline, dragged, moved by key, and happens when its time has come",
  onPage(async ({ page, open }) => {
    await open("?scenario=single-server&speed=1&users=500&paused");
    await page.keyboard.press("x");
    await page.getByTestId("fault-target").selectOption("web-1");
    await page.getByTestId("when-later").click();
    await page.getByTestId("fault-crash").click();
    const mark = page.getByTestId("mark-0");
    await mark.waitFor();
    assert.equal(Number(await mark.getAttribute("data-value")), 5);
    const track = await page.locator(".timeline-track").boundingBox();
    const box = await mark.locator(".timeline-dot").boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(track.x + track.width / 20, box.y, { steps: 6 });
    await page.mouse.up();
    await page.locator('[data-testid="mark-0"][data-value="3.0"]').waitFor();
    await mark.focus();
    await page.keyboard.press("ArrowLeft");
    await page.locator('[data-testid="mark-0"][data-value="2.5"]').waitFor();
    assert.equal(await metric(page, "sim-time"), 0);
    await page.getByTestId("play").click();
    await isState(page, "web-1", "down");
    assert.ok((await metric(page, "sim-time")) >= 2.5);
    await broken(page).getByText("down").waitFor();
    await page.getByTestId("heal-web-1").click();
    await isState(page, "web-1", "up");
  }),
);

test(
  "a fault is dragged from its list to a time on the timeline",
  onPage(async ({ page, open }) => {
    await open("?scenario=single-server&users=500&paused");
    await page.keyboard.press("x");
    await page.getByTestId("fault-target").selectOption("web-1");
    const [from, track] = [await page.getByTestId("fault-hang").boundingBox(), await page.locator(".timeline-track").boundingBox()];
    await page.mouse.move(from.x + 20, from.y + 15);
    await page.mouse.down();
    await page.mouse.move(from.x - 60, from.y + 60, { steps: 4 });
    await page.locator(".fault-ghost").getByText("Hang").waitFor({ state: "attached" });
    await page.mouse.move(track.x + track.width / 3, track.y + 20, { steps: 4 });
    await page.locator(".fault-ghost").getByText("Hang at 20.000 s").waitFor({ state: "attached" });
    await shoot(page, "fault-drag");
    await page.setViewportSize({ width: 1280, height: 720 });
    await page.mouse.up();
    await page.locator('[data-testid="mark-0"][data-value="20.0"]').waitFor();
    // Let go elsewhere it is forgotten, and it is no click.
    await page.mouse.move(from.x + 20, from.y + 15);
    await page.mouse.down();
    await page.mouse.move(from.x - 200, from.y, { steps: 4 });
    await page.mouse.up();
    await page.getByTestId("nothing-broken").waitFor();
    assert.equal(await page.getByTestId("timeline").getAttribute("data-value"), "1");
    await page.keyboard.press("Control+z");
    await page.locator('[data-testid="timeline"][data-value="0"]').waitFor();
  }),
);

test(
  "the menu of a node, a link and the drawing does what stands in it",
  onPage(async ({ page, open }) => {
    await open("?scenario=load-balanced&speed=1&users=2000");
    await metricUntil(page, "throughput", (rate) => rate > 50);
    await rightClick(page, "web-1");
    assert.deepEqual(await accessibilityFaults(page), []);
    await shoot(page, "menu-node");
    await page.setViewportSize({ width: 1280, height: 720 });
    await page.getByTestId("act-requests").click();
    await page.getByTestId("requests").waitFor();
    assert.equal(await page.getByTestId("filter-through").inputValue(), "web-1");
    await page.getByTestId("request-row").first().waitFor();
    await page.keyboard.press("Escape");
    await page.getByTestId("requests").waitFor({ state: "detached" });
    await rightClick(page, "web-2");
    await page.getByTestId("act-plus").click();
    await page.getByTestId("node-web-3").waitFor();
    const { x, y } = await linkMiddle(page, "lb-1", "web-1");
    await page.mouse.click(x, y, { button: "right" });
    await page.getByTestId("act-trash").click();
    await page.getByTestId("link-lb-1-web-1").waitFor({ state: "detached" });
    await atRest(page);
    const stage = await page.getByTestId("stage").boundingBox();
    await page.mouse.click(stage.x + 8, stage.y + 8, { button: "right" });
    await shoot(page, "menu-canvas");
    await page.setViewportSize({ width: 1280, height: 720 });
    await page.getByTestId("act-undo").click();
    await page.getByTestId("link-lb-1-web-1").waitFor({ state: "attached" });
  }),
);

test(
  "chaos under one seed is the same day again, and can be cleared",
  onPage(async ({ page, open }) => {
    const day = async () => {
      await page.getByTestId("chaos-seed").fill("7");
      await page.getByTestId("unleash").click();
      await page.getByTestId("mark-8").waitFor();
      return page.locator(".timeline-mark").evaluateAll((marks) => marks.map((mark) => mark.getAttribute("aria-label")));
    };
    await open("?scenario=cached&speed=1&paused");
    await page.keyboard.press("x");
    const first = await day();
    await page.getByTestId("clear-schedule").click();
    await page.locator('[data-testid="timeline"][data-value="0"]').waitFor();
    assert.deepEqual(await day(), first);
    assert.deepEqual(await accessibilityFaults(page), []);
    await page.getByTestId("play").click();
    await simulate(page, 3);
  }),
);
