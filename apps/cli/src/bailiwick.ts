import { version } from "./version.ts"
const [verb, ...rest] = process.argv.slice(2)
if ((verb === "--version" || verb === "version") && rest.length === 0) process.stdout.write(`bailiwick ${version}\n`)
else await import("./cli.ts")
