import { readdirSync, readFileSync } from "node:fs"
import { defineConfig } from "vitest/config"

const rooms = ["packages", "apps", "tooling"].flatMap((folder) =>
  readdirSync(folder).map((room) => `${folder}/${room}`)
)

const name = (room: string): string => JSON.parse(readFileSync(`${room}/package.json`, "utf8")).name

export default defineConfig({
  test: {
    passWithNoTests: false,
    maxWorkers: 2,
    projects: rooms.map((room) => ({
      extends: true as const,
      test: { name: name(room), root: room, include: ["test/**/*.test.ts"], testTimeout: 60_000 }
    }))
  }
})
