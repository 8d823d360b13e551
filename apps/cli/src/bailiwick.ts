/**
 * The command's entry. What SDKs and scripts start at every turn is answered here, with Node's own modules alone;
 * everything else is one import away.
 */
import { readdirSync } from "node:fs"
import { version } from "./version.ts"
import * as WarmPath from "./warm/WarmPath.ts"

const [verb, ...words] = process.argv.slice(2)

const list = (directory: string): ReadonlyArray<string> => {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

const quick = (): string | undefined => {
  if ((verb === "--version" || verb === "version") && words.length === 0) return `bailiwick ${version}\n`
  if (verb !== "credential-process") return undefined
  return WarmPath.answer(words, { env: process.env, platform: process.platform, now: Date.now() / 1000, list })
}

const text = quick()
if (text === undefined) await import("./cli.js")
else process.stdout.write(text)
