// Reads the PNGs that Chromium makes of the page: 8 bits, RGB or RGBA, not interlaced.

import { inflateSync } from "node:zlib";

/** @returns {{width: number, height: number, channels: number, pixels: Uint8Array}} */
export function decode(png) {
  const width = png.readUInt32BE(16);
  const height = png.readUInt32BE(20);
  const [depth, colour, , , interlace] = png.subarray(24, 29);
  const channels = { 2: 3, 6: 4 }[colour];
  if (depth !== 8 || !channels || interlace) throw new Error(`another PNG (${depth}, ${colour}, ${interlace})`);
  const raw = inflateSync(Buffer.concat(chunks(png, "IDAT")));
  return { width, height, channels, pixels: unfilter(raw, height, width * channels, channels) };
}

function chunks(png, wanted) {
  const found = [];
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    if (png.toString("latin1", at + 4, at + 8) === wanted) found.push(png.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  return found;
}

function unfilter(raw, height, stride, step) {
  const out = new Uint8Array(height * stride);
  for (let y = 0; y < height; y += 1) {
    const filter = raw[y * (stride + 1)];
    const source = y * (stride + 1) + 1;
    const row = y * stride;
    for (let x = 0; x < stride; x += 1) {
      const left = x >= step ? out[row + x - step] : 0;
      const up = y > 0 ? out[row - stride + x] : 0;
      const corner = y > 0 && x >= step ? out[row - stride + x - step] : 0;
      out[row + x] = raw[source + x] + predicted(filter, left, up, corner);
    }
  }
  return out;
}

function predicted(filter, left, up, corner) {
  switch (filter) {
    case 0:
      return 0;
    case 1:
      return left;
    case 2:
      return up;
    case 3:
      return (left + up) >> 1;
    default:
      return paeth(left, up, corner);
  }
}

function paeth(left, up, corner) {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

/** How many pixels differ between two PNGs of the same size by more than `tolerance` in any channel. */
export function differing(first, second, tolerance = 0) {
  const [a, b] = [decode(first), decode(second)];
  if (a.width !== b.width || a.height !== b.height) throw new Error("pictures of different sizes");
  let count = 0;
  for (let i = 0, j = 0; i < a.pixels.length; i += a.channels, j += b.channels) {
    const differs = [0, 1, 2].some((k) => Math.abs(a.pixels[i + k] - b.pixels[j + k]) > tolerance);
    if (differs) count += 1;
  }
  return count;
}
