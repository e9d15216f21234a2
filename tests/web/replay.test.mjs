// The same document gives the same run in the browser's worker and on the command line.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { CLI, onPage } from "./support/harness.mjs";

const SCENARIOS = resolve(import.meta.dirname, "../../static/scenarios");

test(
  "every scenario ends in the same state natively and in wasm",
  { skip: CLI ? false : "SCALESCOPE_CLI names no command line" },
  onPage(async ({ page, open }) => {
    await open("?paused");
    const names = (await readdir(SCENARIOS)).filter((name) => name.endsWith(".json"));
    assert.ok(names.length >= 6);
    for (const name of names) {
      const path = join(SCENARIOS, name);
      const document = await readFile(path, "utf8");
      const native = execFileSync(CLI, ["run", path, "--warmup", "0s", "--for", "20s", "--state-hash"], { encoding: "utf8" });
      assert.equal(await hashInWorker(page, document, "20s"), native.trim(), name);
    }
  }),
);

/** Runs `text` in a worker of its own, as the page starts its worker. */
function hashInWorker(page, text, length) {
  return page.evaluate(
    ([document_, time]) =>
      new Promise((resolve_, reject) => {
        const worker = new Worker("./worker.js", { type: "module" });
        worker.onerror = (event) => reject(new Error(event.message));
        worker.onmessage = ({ data }) => {
          if (data === '{"ready":{}}') {
            worker.postMessage(JSON.stringify({ hash: { document: document_, for: time } }));
            return;
          }
          worker.terminate();
          resolve_(JSON.parse(data).hash?.state_hash ?? data);
        };
        const glue = document.querySelector('link[rel="modulepreload"]').href;
        const wasm = document.querySelector('link[rel="preload"][as="fetch"]').href;
        worker.postMessage({ glue, wasm });
      }),
    [text, length],
  );
}
