// The release build, from a sub-path of a plain static host.

import assert from "node:assert/strict";
import { test } from "node:test";
import { onPage } from "./support/harness.mjs";
import { shoot } from "./support/measure.mjs";

test(
  "starts from a sub-path without an error and asks for nothing outside it",
  onPage(async ({ page, open }) => {
    await open();
    assert.match(await page.title(), /Scalescope/);
    await page.waitForTimeout(1000);
    await shoot(page, "loads");
  }),
);

test(
  "has a strict policy as the first thing in its head, and nothing inline",
  onPage(async ({ page, site }) => {
    const html = await (await page.request.get(site.url)).text();
    const [, policy] = html.match(/<meta http-equiv="Content-Security-Policy" content="([^"]*)">/) ?? [];
    assert.ok(policy, "no policy");
    assert.ok(html.indexOf("Content-Security-Policy") < html.search(/<(meta charset|title|script|link)/));
    assert.doesNotMatch(policy.replace("'wasm-unsafe-eval'", ""), /unsafe|\*|https?:/);
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(html, /<style|<script(?![^>]*\ssrc=)/i);
  }),
);
