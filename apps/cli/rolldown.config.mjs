// The lazy entry, which loads nothing but Node's own modules, and the rest as one file behind one dynamic import.
// Only what few commands need stays apart: the passphrase dictionaries, megabytes that a new passphrase is judged by, and
// what serves HTTP.
import { readFileSync } from "node:fs"
import { defineConfig } from "rolldown"

const { version } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"))

const common = {
  platform: "node",
  transform: { define: { __BAILIWICK_VERSION__: JSON.stringify(version) } }
}

const output = {
  dir: "dist",
  format: "esm",
  entryFileNames: "[name].js",
  chunkFileNames: "[name].js",
  comments: { legal: true, annotation: false, jsdoc: false }
}

export default defineConfig([
  { ...common, input: { bailiwick: "src/bailiwick.ts" }, external: ["./cli.js"], output },
  {
    ...common,
    input: { cli: "src/cli.ts" },
    output: {
      ...output,
      codeSplitting: {
        groups: [{ name: "cli", test: /^(?!.*(?:zxcvbn|Noble\.ts|noble\/ed25519|LoopbackEndpoint\.ts))/u }]
      }
    }
  }
])
