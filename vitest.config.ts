import { defineConfig } from "vitest/config"

const rooms = ["packages/*", "apps/*", "tooling/testkit"]

export default defineConfig({
  test: {
    projects: rooms.map((room) => ({
      extends: true as const,
      test: { root: room, include: ["test/**/*.test.ts"] }
    })),
    sequence: { concurrent: false },
    testTimeout: 60_000
  }
})
