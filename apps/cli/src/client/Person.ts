/**
 * Whoever asks, for commands that look or end: a session that is there, else a person by passphrase for this one command,
 * where a passphrase was offered by file or descriptor.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { ProjectId } from "@bailiwick/core/ProjectId"
import * as Passphrase from "../terminal/Passphrase.ts"
import { login } from "../ui/Failure.ts"
import * as Standing from "../wiring/Standing.ts"
import * as Calling from "./Calling.ts"
import * as PersonSession from "./PersonSession.ts"
import * as Unlock from "./Unlock.ts"

export const flags = Unlock.flags

export const calling = Effect.fnUntraced(function* (project: ProjectId, signer: Unlock.Signer) {
  // An offered passphrase is no way round a session that is set: that one is used, or fails.
  const found = yield* Calling.find(project)
  if (Option.isSome(found)) return found.value
  if (Passphrase.isTyped(signer)) return yield* nobody
  return yield* PersonSession.openOnce({
    standing: yield* Standing.read,
    file: yield* Unlock.identity(project, signer),
    signer,
    grant: Option.none(),
    ttl: Option.some(oneCommand),
    about: `Act as yourself in project ${project}, for this one command:`
  })
})

const nobody = login(
  Calling.nobody.code,
  Calling.nobody.message,
  "log in: bailiwick login; or give --passphrase-file FILE, for this command alone"
)

/** Seconds that a session of one command may last. */
const oneCommand = 300
