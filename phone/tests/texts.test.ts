import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { en } from "../src/core/text/en.ts";
import { id } from "../src/core/text/id.ts";

const APP = join(import.meta.dirname, "../src/app");
const source = readdirSync(APP)
  .map((name) => readFileSync(join(APP, name), "utf8"))
  .join("\n");

test("no text is left over", () => {
  const spoken = (key: string) =>
    new RegExp(`\\.${key}\\b`).test(source) ||
    /^(trouble|unkept|standing)_/.test(key) ||
    key === "in" ||
    key === "out";
  expect(Object.keys(id).filter((key) => !spoken(key))).toEqual([]);
});

test("no text sends people to what does not stand, and none speaks of what only builders know", () => {
  const words = (text: unknown) =>
    String(text)
      .replace(/^\([^)]*\) =>/, "")
      .replace(/\$\{[^}]*\}/g, "");
  const said = Object.values(id).map(words);
  const public_ = ["../index.html", "../public/guard.js"].map((name) =>
    readFileSync(join(APP, "..", name), "utf8"),
  );
  for (const text of [...said, ...public_])
    expect(text).not.toMatch(
      /pos presensi|kiosk|\bserver\b|\bslip\b|\bbuku\b|gerbang|\bpada (atasan|operator)/i,
    );
});

test("employees never read jargon, exclamation marks or `ditolak`", () => {
  const said = Object.values({ ...id, ...en }).map((text) =>
    typeof text === "function" ? text.toString() : String(text),
  );
  for (const text of said) expect(text).not.toMatch(/!(?!=)|sinkron|token|ditolak|alpa|rejected/i);
});
