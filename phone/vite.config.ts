import { readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vite";

const PRODUCT = join(import.meta.dirname, "..", "src", "hadir", "__init__.py");
const version = /^__version__ = "(.+)"$/m.exec(readFileSync(PRODUCT, "utf8"))?.[1];
if (version === undefined) throw new Error(`${PRODUCT} says no version`);

/** The page. The service worker is built after it (vite.worker.config.ts), from what this build made. */
export default defineConfig({
  define: { __HADIR_VERSION__: JSON.stringify(version) },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2020",
    modulePreload: false,
    sourcemap: false,
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  test: {
    include: ["tests/**/*.test.ts"],
    environment: "node",
    setupFiles: ["tests/setup.ts"],
    testTimeout: 60_000,
  },
} as Parameters<typeof defineConfig>[0]);
