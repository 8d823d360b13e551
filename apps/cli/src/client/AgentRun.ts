/**
 * Whether this process runs beneath `run --as`: then the terminal's own session is not its to use, even after it has
 * thrown its `BAILIWICK_SESSION` away.
 *
 * A run leaves a mark in the state directory; here the processes above this one are looked up among the marked runs. No
 * variable leads past the mark: whoever is led to another state directory finds no session of the terminal there either.
 * A process that leaves its parents altogether is not found: code of the same user can do that, and more (threat model).
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Path from "node:path"
import * as RunOwner from "@bailiwick/delivery/RunOwner"
import * as SecretDirectory from "@bailiwick/delivery/SecretDirectory"
import { StateDirectory } from "@bailiwick/storage/StateDirectory"

const mark = "agent"

const base = Effect.map(StateDirectory, ({ state }) => Path.join(state, ".runs"))

/** Where runs keep their private directories: memory that goes with the login, else the state directory. */
export const places = Effect.gen(function* () {
  const runtime = yield* Config.String("XDG_RUNTIME_DIR").pipe(Config.withDefault(""), Effect.orDie)
  return { runtime: runtime === "" ? undefined : runtime, fallback: yield* base }
})

/** Marks this process as a run whose child is an agent, until the scope closes. */
export const declare = Effect.gen(function* () {
  const { path } = yield* SecretDirectory.open({ runtime: undefined, fallback: yield* base })
  writeFileSync(Path.join(path, mark), "", { mode: 0o600 })
})

export const isWithin = Effect.map(base, (runs) => {
  const above = new Set(ancestors(process.pid))
  const self = RunOwner.self()
  return list(runs).some((name) => {
    const owner = RunOwner.parse(name)
    if (owner === undefined || !above.has(owner.pid) || RunOwner.hasEnded(owner, self)) return false
    return existsSync(Path.join(runs, name, mark))
  })
})

/** The process ids above, nearest first; empty where the system does not tell. */
const ancestors = (pid: number): ReadonlyArray<number> => {
  const found: Array<number> = []
  for (let next = parentOf(pid); next > 1 && !found.includes(next); next = parentOf(next)) found.push(next)
  return found
}

// Field 4 of /proc/PID/stat, counted after the last ")": the command's name may hold anything (proc(5)).
const parentOf = (pid: number): number => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] ?? 0)
  } catch {
    return 0
  }
}

const list = (directory: string): ReadonlyArray<string> => {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}
