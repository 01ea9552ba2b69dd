/** What a phone must download, measured on a fresh build. */

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, expect, test } from "vitest";

const PHONE = join(import.meta.dirname, "..");
const DIST = join(PHONE, "dist");
const PRECACHED_BYTES_MAX = 60_000;
const FIRST_LOAD_BYTES_MAX = 32_000;

const build = () => execFileSync("npm", ["run", "--silent", "build"], { cwd: PHONE, stdio: "pipe" });

const files = () =>
  readdirSync(DIST, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(DIST.length + 1))
    .sort();

const gzipped = (name: string) => gzipSync(readFileSync(join(DIST, name)), { level: 9 }).length;

const precached = (): string[] => {
  const worker = readFileSync(join(DIST, "sw.js"), "utf8");
  return files().filter(
    (name) => name === "index.html" || worker.includes(`/${name}\``) || worker.includes(`/${name}"`),
  );
};

test("the worker knows each file of the shell by its hash", () => {
  const worker = readFileSync(join(DIST, "sw.js"), "utf8");
  for (const name of precached()) {
    const hash = createHash("sha256")
      .update(readFileSync(join(DIST, name)))
      .digest("base64");
    expect(worker).toContain(`sha256-${hash}`);
  }
});

beforeAll(build, 60_000);

test("everything precached fits 60 kB gzip", () => {
  const total = [...precached(), "sw.js"].reduce((sum, name) => sum + gzipped(name), 0);
  expect(precached().length).toBeGreaterThan(5);
  expect(total).toBeLessThan(PRECACHED_BYTES_MAX);
});

test("the first page fits its budget", () => {
  const html = readFileSync(join(DIST, "index.html"), "utf8");
  const first = files().filter(
    (name) => name === "index.html" || (html.includes(`/${name}"`) && /\.(js|css)$/.test(name)),
  );
  expect(first.length).toBe(4);
  expect(first.reduce((sum, name) => sum + gzipped(name), 0)).toBeLessThan(FIRST_LOAD_BYTES_MAX);
});

test("the page installs its shell, however it was built", () => {
  const main = files().find((name) => /^assets\/index-.*\.js$/.test(name)) ?? "";
  expect(readFileSync(join(DIST, main), "utf8")).toContain("/sw.js");
});

test("no inline script or style: the page lives under a strict CSP", () => {
  const html = readFileSync(join(DIST, "index.html"), "utf8");
  expect(html).not.toMatch(/<script(?![^>]*\ssrc=)[^>]*>|<style|\sstyle=|\son\w+=/);
  for (const name of files().filter((each) => each.endsWith(".js"))) {
    expect(readFileSync(join(DIST, name), "utf8")).not.toMatch(/\beval\(|new Function\(/);
  }
});

test("the same source builds the same bytes", () => {
  const digest = () =>
    files().map(
      (name) =>
        `${name} ${createHash("sha256")
          .update(readFileSync(join(DIST, name)))
          .digest("hex")}`,
    );
  const before = digest();
  rmSync(DIST, { recursive: true });
  build();
  expect(digest()).toEqual(before);
}, 60_000);
