// The lazy entry, which loads nothing but Node's own modules, and the rest as one file behind one dynamic import.
// Only what few commands need stays apart: the passphrase dictionaries, megabytes that a new passphrase is judged by, what
// serves HTTP, what listens for refusals of AWS, and the packages of AWS with the list of its actions.
import { readFileSync } from "node:fs"
import { defineConfig } from "rolldown"

const { version } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"))

const apart = [
  "zxcvbn",
  String.raw`Noble\.ts`,
  "noble/ed25519",
  String.raw`LoopbackEndpoint\.ts`,
  String.raw`(?:DenialWatch|DenialAdvice|ErrorPipe|SdkMonitor|provider-aws/src/Denial|denial/\w+)\.ts`,
  String.raw`Actions\.generated\.ts`,
  "node_modules/@(?:aws|aws-crypto|aws-sdk|smithy)/",
  "node_modules/(?:bowser|tslib|fast-xml-parser|strnum|@nodable)/"
]

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
        groups: [{ name: "cli", test: new RegExp(`^(?!.*(?:${apart.join("|")}))`, "u") }]
      }
    }
  }
])
