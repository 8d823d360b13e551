/**
 * The command's entry. What SDKs and scripts start at every turn is answered here, with Node's own modules alone;
 * everything else is one import away.
 */
import { readdirSync, writeSync } from "node:fs"
import { version } from "./version.ts"
import * as CompileCache from "./warm/CompileCache.ts"
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

/** At once, since making `process.stdout` takes 2 ms; it takes over when a pipe that never blocks is full. */
const write = (text: string): void => {
  let rest: Uint8Array = Buffer.from(text)
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(1, rest))
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error
    process.stdout.write(rest)
  }
}

const text = quick()
if (text === undefined) {
  const state = WarmPath.stateDirectory(process)
  if (state !== undefined) CompileCache.use(state)
  await import("./cli.js")
} else write(text)
