// The harness itself: a page with faults must not pass for a good one.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { launch } from "./support/harness.mjs";
import { frameCost, pixelsChange } from "./support/measure.mjs";

async function problemsOf(files, act = () => {}) {
  const root = await mkdtemp(join(tmpdir(), "scalescope-harness-"));
  for (const [name, text] of Object.entries(files)) await writeFile(join(root, name), text);
  const session = await launch({ root });
  try {
    await session.page.goto(session.site.url);
    await session.page.waitForTimeout(500);
    await act(session.page);
    return session.problems();
  } finally {
    await session.close();
    await rm(root, { recursive: true });
  }
}

const page = (head, body = "") =>
  `<!doctype html><html lang="en"><head><title>x</title><link rel="icon" href="data:,">${head}</head>
   <body>${body}</body></html>`;

test("a clean page has no problems", async () => {
  assert.deepEqual(await problemsOf({ "index.html": page("") }), []);
});

test("each kind of fault is seen", async () => {
  const script = (text) => page(`<script>${text}</script>`);
  const rules = "default-src 'none'; script-src 'self'; img-src data:";
  const policy = `<meta http-equiv="Content-Security-Policy" content="${rules}">`;
  const kinds = {
    "console error": [script("console.error('bad')"), /console error: bad/],
    "uncaught error": [script("throw new Error('thrown')"), /uncaught: thrown/],
    "rejected promise": [script("Promise.reject(new Error('rejected'))"), /uncaught: rejected/],
    "missing file": [page(`<script src="./none.js"></script>`), /not found: \/some\/sub\/path\/none\.js/],
    "absolute path": [page(`<script src="/abs.js"></script>`), /request outside the page's path: .*\/abs\.js/],
    "inline script": [page(`${policy}<script>1</script>`), /CSP violation: script-src-elem inline/],
    "style attribute": [page(policy, "<p style='color:red'>x</p>"), /CSP violation: style-src-attr inline/],
  };
  for (const [kind, [html, expected]] of Object.entries(kinds)) {
    const problems = await problemsOf({ "index.html": html });
    assert.ok(problems.some((problem) => expected.test(problem)), `${kind}: ${JSON.stringify(problems)}`);
  }
});

test("an error in a worker is seen", async () => {
  const files = {
    "index.html": page("<script>new Worker('./w.js', { type: 'module' })</script>"),
    "w.js": "console.error('from the worker'); fetch('/outside');",
  };
  const problems = await problemsOf(files);
  assert.ok(problems.some((problem) => /from the worker/.test(problem)), JSON.stringify(problems));
  assert.ok(problems.some((problem) => /\/outside/.test(problem)), JSON.stringify(problems));
});

test("moving pixels are told from still ones, and a frame's cost is measured", async () => {
  const files = {
    "index.html": page(
      `<style>b { display: block; width: 40px; height: 40px } #m { animation: m 1s linear infinite; background: red }
       @keyframes m { to { background: blue } }</style>`,
      `<b id="m"></b><b id="s"></b>`,
    ),
  };
  await problemsOf(files, async (opened) => {
    assert.equal(await pixelsChange(opened, "#m", { ms: 250 }), 1600);
    assert.equal(await pixelsChange(opened, "#s", { ms: 250 }), 0);
    const { cpuMs, fps } = await frameCost(opened, 30);
    assert.ok(cpuMs > 0 && cpuMs < 50 && fps > 5, `${cpuMs} ms, ${fps} fps`);
  });
});
