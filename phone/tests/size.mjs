// @ts-check
/** What a phone must download, against its limits. `npm run build && npm run size` */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

const DIST = join(import.meta.dirname, "../dist");
/** Gzipped. The first page: what stands between an address and a button. The shell: what is kept for offline. */
export const LIMITS = { first_page: 37_000, shell: 60_000 };

export const files = () =>
  readdirSync(DIST, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(DIST.length + 1))
    .sort();

/** @param {string} name */
export const gzipped = (name) => gzipSync(readFileSync(join(DIST, name)), { level: 9 }).length;

export const precached = () => {
  const worker = readFileSync(join(DIST, "sw.js"), "utf8");
  return files().filter(
    (name) => name === "index.html" || worker.includes(`/${name}\``) || worker.includes(`/${name}"`),
  );
};

export const firstPage = () => {
  const html = readFileSync(join(DIST, "index.html"), "utf8");
  return files().filter(
    (name) => name === "index.html" || (html.includes(`/${name}"`) && /\.(js|css)$/.test(name)),
  );
};

/** @param {string[]} names */
const total = (names) => names.reduce((sum, name) => sum + gzipped(name), 0);
export const sizes = () => ({ first_page: total(firstPage()), shell: total([...precached(), "sw.js"]) });

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  for (const name of [...precached(), "sw.js"]) console.log(`${String(gzipped(name)).padStart(7)}  ${name}`);
  const found = sizes();
  for (const part of /** @type {const} */ (["first_page", "shell"])) {
    const over = found[part] > LIMITS[part];
    console.log(
      `${String(found[part]).padStart(7)}  ${part}, at most ${LIMITS[part]}${over ? ": TOO MUCH" : ""}`,
    );
    if (over) process.exitCode = 1;
  }
}
