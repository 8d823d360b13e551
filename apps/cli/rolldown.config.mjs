// Two files: the lazy entry, which loads nothing but Node's own modules, and the rest behind one dynamic import.
// The passphrase dictionaries, a megabyte that only a new passphrase needs, become chunks of their own the same way.
import { readFileSync } from "node:fs"
import { defineConfig } from "rolldown"

const { version } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"))

export default defineConfig({
  input: { bailiwick: "src/bailiwick.ts" },
  platform: "node",
  transform: { define: { __BAILIWICK_VERSION__: JSON.stringify(version) } },
  output: {
    dir: "dist",
    format: "esm",
    cleanDir: true,
    entryFileNames: "[name].js",
    chunkFileNames: "[name].js",
    comments: { legal: true, annotation: false, jsdoc: false }
  }
})
