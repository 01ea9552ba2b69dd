/** What a phone must download, measured on a fresh build. */

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { files, firstPage, LIMITS, precached, sizes } from "./size.mjs";

const PHONE = join(import.meta.dirname, "..");
const DIST = join(PHONE, "dist");
const build = () => execFileSync("npm", ["run", "--silent", "build"], { cwd: PHONE, stdio: "pipe" });

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

test("shell and first page fit their budgets", () => {
  expect(precached().length).toBeGreaterThan(5);
  expect(firstPage().length).toBe(4);
  expect(sizes().shell).toBeLessThan(LIMITS.shell);
  expect(sizes().first_page).toBeLessThan(LIMITS.first_page);
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
