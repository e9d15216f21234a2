// The page under test in a real browser: a static server on a sub-path, Chromium, and a list of everything that
// went wrong. A test made with `onPage` fails if that list is not empty at its end.

import assert from "node:assert/strict";
import { after } from "node:test";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { serve } from "./server.mjs";

const HOW = "run this by `cargo xtask test --only browser`, which sets it";
const REPOSITORY = resolve(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "../../..");

/** The directory of the built page. */
export const DIST = process.env.SCALESCOPE_DIST ?? join(REPOSITORY, "dist");
/** The native command line, to compare with. */
export const CLI = process.env.SCALESCOPE_CLI;
/** Where screenshots go, if anywhere. */
export const SHOTS = process.env.SCALESCOPE_SHOTS;

const CHROMIUM_FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // As on a machine without a graphics processor, wherever the tests run: the page is put together in software, and WebGL is
  // emulated by SwiftShader. To name SwiftShader as the renderer would let it put together the page too, at 4 frames a second.
  "--disable-gpu",
  "--enable-unsafe-swiftshader",
  "--force-device-scale-factor=1",
  "--force-color-profile=srgb",
];

/** Requires a library that the task has installed outside the repository. */
export function library(name) {
  const libraries = process.env.SCALESCOPE_LIBRARIES;
  assert.ok(libraries, `SCALESCOPE_LIBRARIES is not set: ${HOW}`);
  return createRequire(join(libraries, "package.json"))(name);
}

let shared;
// Benches launch browsers too, and are no tests.
if (process.env.NODE_TEST_CONTEXT) after(async () => (await shared)?.close());

/** One browser for all tests of a file, with a fresh profile. */
export function browser() {
  shared ??= library("playwright-core").chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: CHROMIUM_FLAGS,
    headless: true,
  });
  return shared;
}

/**
 * Opens a context with one blank page beside a server of `root`.
 * @param options `width`, `height`, `theme` ("light" or "dark"), `reducedMotion` ("reduce"), `touch`, `root`,
 *   `allow` (regular expressions of problems that the test means to cause), `maxAge` (seconds that the browser may keep files)
 */
export async function launch(options = {}) {
  const { width = 1280, height = 720, theme = "light", reducedMotion, touch = false, root = DIST, allow = [], maxAge = 0 } = options;
  assert.ok(existsSync(join(root, "index.html")), `${root} has no page: \`cargo xtask build\``);
  const site = await serve(root, { maxAge });
  const context = await (await browser()).newContext({
    viewport: { width, height },
    colorScheme: theme,
    reducedMotion,
    hasTouch: touch,
  });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const problems = await watch(context, page, site);
  const all = () => [...problems, ...site.strays.map((path) => `not found: ${path}`)];
  return {
    page,
    context,
    site,
    /** What went wrong so far, but for what the test allows. */
    problems: () => all().filter((problem) => !allow.some((pattern) => pattern.test(problem))),
    /**
     * Goes to the page, with a query such as "?scenario=cached", and waits until app and engine have started. Before that a
     * reload would abort what the worker is loading, which is no fault of the page.
     */
    async open(query = "") {
      await page.goto(site.url + query);
      await page.locator("#boot").waitFor({ state: "detached" });
      await page.locator("[data-node]").first().waitFor();
    },
    async close() {
      await context.close();
      await site.close();
    },
  };
}

/** A test's body: `test("name", onPage(async ({ page, open }) => { … }))`. */
export function onPage(body, options = {}) {
  return async (t) => {
    const session = await launch(options);
    try {
      await body(session, t);
      assert.deepEqual(session.problems(), [], "errors on the page");
    } catch (error) {
      const seen = session.problems();
      if (seen.length > 0) t.diagnostic(`on the page: ${seen.join(" | ")}`);
      await keepShot(session.page, `failed-${t.name}`).catch(() => {});
      throw error;
    } finally {
      await session.close();
    }
  };
}

async function keepShot(page, name) {
  if (!SHOTS) return;
  await mkdir(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name.replace(/[^\w-]+/g, "-")}.png`) });
}

async function watch(context, page, site) {
  const problems = [];
  const note = (what) => problems.push(what);
  context.on("console", (message) => {
    // The emulation of WebGL says this of itself: it hands its pictures over by reading them back.
    if (/GPU stall due to ReadPixels/.test(message.text())) return;
    if (["error", "warning"].includes(message.type())) note(`console ${message.type()}: ${message.text()}`);
  });
  context.on("weberror", (event) => note(`uncaught: ${event.error().message}`));
  page.on("crash", () => note("the page crashed"));
  context.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(site.url) && !/^(data|blob|about):/.test(url)) note(`request outside the page's path: ${url}`);
  });
  context.on("requestfailed", (request) => note(`request failed: ${request.url()} ${request.failure()?.errorText}`));
  // A violation is reported as a console error too, but not for every directive.
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      const { violatedDirective, blockedURI, sourceFile, lineNumber } = event;
      console.error(`CSP violation: ${violatedDirective} ${blockedURI} ${sourceFile}:${lineNumber}`);
    });
  });
  return problems;
}
