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

test("employees never read jargon, exclamation marks or `ditolak`", () => {
  const said = Object.values({ ...id, ...en }).map((text) =>
    typeof text === "function" ? text.toString() : String(text),
  );
  for (const text of said) expect(text).not.toMatch(/!(?!=)|sinkron|token|ditolak|alpa|rejected/i);
});
