import { defineConfig } from "vite";

/** The page. The service worker is built after it (vite.worker.config.ts), from what this build made. */
export default defineConfig({
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
