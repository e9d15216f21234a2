// The same library as a native program, to compare the page with.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { CLI } from "./harness.mjs";

/** What `scalescope` prints when it is given these arguments. */
export async function native(...args) {
  assert.ok(CLI, "SCALESCOPE_CLI is not set: run this by `cargo xtask test --only browser`, which sets it");
  const { stdout } = await promisify(execFile)(CLI, args, { maxBuffer: 1 << 26 });
  return stdout.trim();
}

/** The same, read as JSON. */
export async function nativeJson(...args) {
  return JSON.parse(await native(...args, "--json"));
}
