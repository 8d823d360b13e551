import { defineConfig } from "vitest/config"

/** Against real servers that are started for the run; apart from the unit tests, which need nothing. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["test/interop/**/*.interop.ts"],
    passWithNoTests: false,
    testTimeout: 300_000,
    hookTimeout: 120_000
  }
})
