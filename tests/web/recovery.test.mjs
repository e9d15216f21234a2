// When the page cannot start, or cannot go on, it says so and offers a way back.

import assert from "node:assert/strict";
import { test } from "node:test";
import { onPage } from "./support/harness.mjs";

test(
  "a wasm that does not load is said in words, and Reload recovers",
  onPage(
    async ({ page, site }) => {
      let broken = true;
      await page.route("**/*.wasm", (route) => (broken ? route.abort() : route.continue()));
      await page.goto(site.url);
      const message = page.getByRole("alertdialog", { name: "Scalescope could not start." });
      await message.waitFor();
      broken = false;
      await message.getByRole("button", { name: "Reload" }).click();
      await page.locator("#boot").waitFor({ state: "detached" });
    },
    { allow: [/\.wasm/, /Failed to fetch/, /ERR_FAILED/] },
  ),
);

test(
  "a fatal error while running is shown over the page, and Enter on Reload recovers",
  onPage(async ({ page, open }) => {
    await open();
    await page.evaluate(() => dispatchEvent(new CustomEvent("scalescope-fatal", { detail: "out of luck" })));
    const message = page.getByRole("alertdialog", { name: "Scalescope has stopped." });
    await message.getByText("out of luck").waitFor();
    const reloaded = page.waitForEvent("load");
    await page.keyboard.press("Enter");
    await reloaded;
    await page.locator("#boot").waitFor({ state: "detached" });
    assert.equal(await message.count(), 0);
  }),
);
