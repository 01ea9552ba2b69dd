// @ts-check
/** Each patch here plants one bug; the test it names must fail with it. `npm run planted` */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const HERE = import.meta.dirname;
const PHONE = join(HERE, "../..");
const REPO = join(PHONE, "..");
const VERSION = "src/hadir/__init__.py";
const COPIED = ["src", "tests", "package.json", "tsconfig.json", "vite.config.ts"];

/** @param {string} patch @returns {boolean} true when the named test fails with the bug */
const isCaught = (patch) => {
  const [, file = "", name = ""] =
    /^# caught by: (\S+) (.+)\n/.exec(readFileSync(join(HERE, patch), "utf8")) ?? [];
  const copy = mkdtempSync(join(tmpdir(), "hadir-planted-"));
  try {
    for (const each of COPIED) cpSync(join(PHONE, each), join(copy, "phone", each), { recursive: true });
    cpSync(join(REPO, "vectors"), join(copy, "vectors"), { recursive: true });
    cpSync(join(REPO, VERSION), join(copy, VERSION)); // vite.config.ts reads it
    symlinkSync(join(PHONE, "node_modules"), join(copy, "phone/node_modules"));
    execFileSync("git", ["apply", "--whitespace=nowarn", join(HERE, patch)], { cwd: copy });
    const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    const run = spawnSync("npx", ["vitest", "run", file, "-t", escaped], {
      cwd: join(copy, "phone"),
      encoding: "utf8",
    });
    return run.status === 1 && /\d+ failed/.test(run.stdout) && !/no tests/i.test(run.stdout);
  } finally {
    rmSync(copy, { recursive: true });
  }
};

const missed = readdirSync(HERE)
  .filter((name) => name.endsWith(".patch"))
  .filter((patch) => {
    const caught = isCaught(patch);
    console.log(`${caught ? "caught" : "MISSED"} ${patch}`);
    return !caught;
  });
process.exitCode = missed.length ? 1 : 0;
