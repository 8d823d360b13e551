#!/usr/bin/env node
// Said before anything is loaded: an older Node.js would fail on syntax and modules with words of its own.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
if (major < 24 || (major === 24 && minor < 11)) {
  console.error(`bailiwick: Node.js ${process.versions.node} is too old\nhint: install Node.js 24.11 or newer`)
  process.exit(9)
}
await import("../dist/bailiwick.js").catch((error) => {
  if (error?.code !== "ERR_MODULE_NOT_FOUND") throw error
  console.error("bailiwick: this clone is not built yet\nhint: npm run setup")
  process.exit(9)
})
