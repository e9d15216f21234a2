// A static file server as plain as a static host: one directory under a sub-path, on 127.0.0.1, with no headers that
// isolate or secure anything.

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize, sep } from "node:path";

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".woff2": "font/woff2",
};

/**
 * Serves `root` under `base`; browsers may keep what they get for `maxAge` seconds.
 * `strays` collects the paths asked for that are not under it, or not there.
 */
export async function serve(root, { base = "/some/sub/path/", maxAge = 0 } = {}) {
  const strays = [];
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    const file = fileFor(root, base, path);
    try {
      if (!file) throw new Error("outside");
      const body = await readFile(file);
      response.writeHead(200, {
        "content-type": TYPES[extname(file)] ?? "application/octet-stream",
        ...(maxAge > 0 && { "cache-control": `max-age=${maxAge}` }),
      });
      response.end(body);
    } catch {
      strays.push(path);
      response.writeHead(404, { "content-type": "text/plain" });
      response.end("not found\n");
    }
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const origin = `http://127.0.0.1:${server.address().port}`;
  const close = () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  return { origin, url: origin + base, strays, close };
}

function fileFor(root, base, path) {
  if (!path.startsWith(base)) return null;
  const inside = normalize(path.slice(base.length) || "index.html");
  const leaves = inside === ".." || inside.startsWith(`..${sep}`) || inside.startsWith(sep);
  return leaves ? null : join(root, inside);
}
