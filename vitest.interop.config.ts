import { defineConfig } from "vitest/config"

/** Against real servers that are started for the run; apart from the unit tests, which need nothing. */
export default defineConfig({
  test: {
    include: ["{packages,apps,tooling}/*/test/interop/**/*.interop.ts"],
    globalSetup: "tooling/testkit/src/aws/SharedGateway.ts",
    passWithNoTests: false,
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000
  }
})
