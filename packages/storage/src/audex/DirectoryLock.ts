/** One Bailiwick process at a time changes a session directory; the original knows no lock and is not held up by it. */
import type { StoreError } from "@bailiwick/core/StoreError"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Path from "node:path"
import * as ProcessLock from "../ProcessLock.ts"

/** Hidden, and of a suffix that the original does not read. */
export const fileName = ".bailiwick.lock"

/** Held until the scope closes; `Busy` after two seconds of waiting. */
export const acquire = (directory: string): Effect.Effect<void, StoreError, Scope.Scope> =>
  ProcessLock.acquire({
    path: Path.join(directory, fileName),
    guards: "the session directory",
    patience: "2 seconds"
  })
