/** Which modules the built command loads. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import type { World } from "./World.ts"

// Node's own hook sees every module that is loaded, whoever asks for it and however.
const hooks = `import { appendFileSync } from "node:fs"
import { registerHooks } from "node:module"
registerHooks({ load: (url, context, next) => {
  appendFileSync(process.env.LOADED, url + "\\n")
  return next(url, context)
} })`

/** The modules of one command that succeeds, without Node's own; files of the bundle by their names. */
export const by = async (
  world: World,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {}
): Promise<ReadonlyArray<string>> => {
  const log = world.file("loaded", "")
  const path = world.file("hooks.mjs", hooks)
  await world.must(args, { env: { ...env, LOADED: log, NODE_OPTIONS: `--import file://${path}` } })
  return Fs.readFileSync(log, "utf8")
    .trim()
    .split("\n")
    .filter((url) => !url.startsWith("node:"))
    .map((url) => url.replace(`file://${Path.dirname(world.entry)}/`, ""))
}
