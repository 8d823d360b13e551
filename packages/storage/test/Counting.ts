/** Raises a number in a file under a lock, in two steps between which another holder would be noticed. */
import * as ProcessLock from "@bailiwick/storage/ProcessLock"
import * as Effect from "effect/Effect"
import * as Fs from "node:fs"
import * as Path from "node:path"

export const file = (directory: string) => Path.join(directory, "number")

const once = Effect.fnUntraced(function* (directory: string) {
  yield* ProcessLock.acquire({ path: Path.join(directory, "lock"), guards: "the number", patience: "30 seconds" })
  const number = Number(Fs.readFileSync(file(directory), "utf8"))
  // Every other fiber of this process has its turn here, and other processes have theirs anyway.
  yield* Effect.yieldNow
  Fs.writeFileSync(file(directory), String(number + 1))
}, Effect.scoped)

export const raise = (directory: string, times: number) =>
  Effect.replicateEffect(once(directory), times, { discard: true })
