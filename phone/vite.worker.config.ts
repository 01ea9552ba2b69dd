import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vite";

const DIST = join(import.meta.dirname, "dist");
const NOT_PRECACHED = new Set(["sw.js", "icon-512.png", "icon-maskable-512.png"]);

const files = readdirSync(DIST, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && !NOT_PRECACHED.has(entry.name))
  .map((entry) => join(entry.parentPath, entry.name))
  .sort();

const revision = createHash("sha256");
for (const file of files) revision.update(file.slice(DIST.length)).update(readFileSync(file));

const addressOf = (file: string): string =>
  file
    .slice(DIST.length)
    .replaceAll("\\", "/")
    .replace(/^\/index\.html$/, "/");

const integrityOf = (file: string): string =>
  `sha256-${createHash("sha256").update(readFileSync(file)).digest("base64")}`;

const precache = files.map((file) => [addressOf(file), integrityOf(file)]);

/** The service worker, told exactly which files make this shell, and each file's hash. */
export default defineConfig({
  publicDir: false,
  define: {
    __REVISION__: JSON.stringify(revision.digest("hex").slice(0, 16)),
    __PRECACHE__: JSON.stringify(precache),
  },
  build: {
    target: "es2020",
    emptyOutDir: false,
    reportCompressedSize: false,
    lib: { entry: "src/sw.ts", formats: ["iife"], name: "hadirWorker", fileName: () => "sw.js" },
    rollupOptions: { external: ["@noble/ed25519"] },
  },
});
