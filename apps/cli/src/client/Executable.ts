/** Looks for a command before anything is signed or issued for it. What is there may still fail when it is started. */
import * as Effect from "effect/Effect"
import * as DeliveryError from "@bailiwick/delivery/DeliveryError"
import { accessSync, constants, statSync } from "node:fs"
import * as Path from "node:path"

/** Fails as starting it would, where it is surely not there or surely no program (`execvp`, POSIX). */
export const check = (command: string): Effect.Effect<void, DeliveryError.DeliveryError> =>
  Effect.suspend(() => {
    const places = placesOf(command)
    if (places.length === 0 || places.some(isProgram)) return Effect.void
    const reason = places.some(exists)
      ? new DeliveryError.CommandNotExecutable({ command })
      : new DeliveryError.CommandNotFound({ command })
    return Effect.fail(new DeliveryError.DeliveryError({ reason }))
  })

/** Where the system looks; none where it looks by rules of its own. */
const placesOf = (command: string): ReadonlyArray<string> => {
  const { PATH } = process.env
  if (process.platform === "win32") return []
  if (command.includes("/")) return [command]
  return PATH === undefined ? [] : PATH.split(":").map((directory) => Path.join(directory, command))
}

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

const exists = (path: string): boolean => {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined
  } catch {
    return false
  }
}
