// The two painters: they show the same picture, and the one on the graphics processor gets over the loss of its context.

import assert from "node:assert/strict";
import { test } from "node:test";
import { simulate, stepTo } from "./support/app.mjs";
import { launch, onPage } from "./support/harness.mjs";
import { picture, pixelsChange, save } from "./support/measure.mjs";
import { differing } from "./support/png.mjs";

const STAGE = '[data-testid="stage"]';

/** The stage at a time of the run, with and without its dots. */
async function shot(painter, query, seconds) {
  // Small, because WebGL is emulated.
  const session = await launch({ width: 900, height: 600 });
  const { page } = session;
  try {
    await session.open(`?painter=${painter}&paused&speed=1/10&${query}`);
    await page.locator(`canvas[data-painter="${painter}"]`).waitFor();
    await stepTo(page, seconds);
    await page.getByTestId("toast").waitFor({ state: "detached" });
    // The size of dots follows the crowd by and by, from frame to frame: the way back to the fitted drawing takes some.
    let [last, shown] = [];
    for (let times = 0; times < 12 && (times < 3 || differing(last, shown) > 0); times += 1) {
      await page.getByTestId("plus").click();
      await page.getByTestId("fit").click();
      await page.waitForTimeout(1_200);
      [last, shown] = [shown, await picture(page, STAGE)];
    }
    await page.getByTestId("canvas").evaluate((canvas) => canvas.classList.add("hidden"));
    const bare = await picture(page, STAGE);
    assert.deepEqual(session.problems(), []);
    return { shown, bare, time: await page.locator('[data-metric="sim-time"]').getAttribute("data-value") };
  } finally {
    await session.close();
  }
}

const pictures = {
  "some thousand requests": { query: "scenario=cdn&users=200000", seconds: 0.15 },
  "thirty thousand dots": { query: "scenario=cdn&dots=30000", seconds: 0.1 },
};

for (const [name, { query, seconds }] of Object.entries(pictures)) {
  test(`both painters show the same picture of ${name}`, async (t) => {
    const pixels = await shot("pixels", query, seconds);
    const gl = await shot("gl", query, seconds);
    await save("painters-pixels", pixels.shown);
    await save("painters-gl", gl.shown);
    assert.equal(gl.time, pixels.time, "the same moment");
    const dots = differing(pixels.shown, pixels.bare, 24);
    assert.ok(dots > 2_000, `only ${dots} pixels of dots`);
    assert.equal(differing(pixels.bare, gl.bare), 0, "all else is the same to the last bit");
    // Edges are soft in a different way: one painter has sixteen places in a pixel, the other as many as it likes.
    const others = differing(pixels.shown, gl.shown, 64);
    t.diagnostic(`${others} of ${dots} pixels differ`);
    assert.ok(others < dots * 0.06, `${others} of ${dots} pixels differ`);
  });
}

test(
  "a lost WebGL context is restored, and the dots go on",
  onPage(async ({ page, open }) => {
    await open("?painter=gl&users=20000");
    await page.locator('canvas[data-painter="gl"]').waitFor();
    await simulate(page, 0.05);
    assert.ok((await pixelsChange(page, STAGE, { ms: 600 })) > 200, "dots move");
    await page.getByTestId("canvas").evaluate((canvas) => {
      globalThis.taken = canvas.getContext("webgl2").getExtension("WEBGL_lose_context");
      globalThis.taken.loseContext();
    });
    const before = Number(await page.locator('[data-metric="sim-time"]').getAttribute("data-value"));
    await simulate(page, before + 0.02);
    assert.equal(await page.getByTestId("canvas").evaluate((canvas) => canvas.getContext("webgl2").isContextLost()), true);
    await page.evaluate(() => globalThis.taken.restoreContext());
    await page.waitForFunction(() => !document.querySelector("canvas.dots").getContext("webgl2").isContextLost());
    await simulate(page, before + 0.05);
    assert.ok((await pixelsChange(page, STAGE, { ms: 600 })) > 200, "dots move again");
    assert.equal(await page.getByTestId("canvas").getAttribute("data-painter"), "gl");
  }),
);
