/**
 * What a cloud said when it refused a mint, kept for those who were waiting for that very mint (formats §8).
 *
 * Fifty processes that ask at once are one question also to a cloud that says no, or asks for fewer questions. It is no
 * memory of failures: who comes when the refusal is there already asks the cloud itself. The note is authenticated by the
 * session's seed, since its words are shown to whoever waited.
 */
import * as CredentialProvider from "@bailiwick/core/CredentialProvider"
import * as Policy from "@bailiwick/core/Policy"
import { SecretFiles } from "@bailiwick/core/ports/SecretFiles"
import type { Sha256 } from "@bailiwick/core/Sha256"
import type { StorageId } from "@bailiwick/core/StorageId"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as SessionMac from "../warm/SessionMac.ts"
import * as PrivateJson from "./PrivateJson.ts"

/** Whose mint it was. */
export interface Place {
  readonly path: string
  readonly seed: Redacted.Redacted<Uint8Array>
  readonly session: StorageId
  readonly reuse: Sha256
}

const Said = Schema.Struct({
  provider: Policy.Provider,
  reason: CredentialProvider.ProviderReason,
  detail: Schema.String,
  hint: Schema.String
})

const Note = Schema.Struct({
  v: Schema.Literal(1),
  /** Milliseconds since 1970. */
  at: Schema.Natural,
  said: Said,
  mac: Schema.String
})

/**
 * Runs a mint, unless the cloud has refused it since `arrived` (milliseconds): then fails with what it said. Only under the
 * lock of that mint.
 */
export const shared = Effect.fnUntraced(function* <A, E, R>(
  place: Place,
  arrived: number,
  mint: Effect.Effect<A, E | CredentialProvider.ProviderError, R>
) {
  const files = yield* SecretFiles
  const note = yield* read(place)
  if (Option.isSome(note)) {
    const { at, said } = note.value
    // A note from the future was written before the clock was set back.
    const isHeard = arrived <= at && at <= (yield* Clock.currentTimeMillis)
    if (isHeard) return yield* new CredentialProvider.ProviderError(said)
  }
  const minted = yield* Effect.tapError(mint, (error) =>
    error instanceof CredentialProvider.ProviderError ? tell(place, error) : Effect.void
  )
  // Who still waits is to find what was given, not what was said before.
  if (Option.isSome(note)) yield* Effect.ignore(files.remove(place.path))
  return minted
})

/** None also for a note that is not whole or not of this place: then the cloud is asked. */
const read = Effect.fnUntraced(function* (place: Place) {
  const note = yield* PrivateJson.read(place.path, Note).pipe(
    Effect.catchIf(
      (error) => error.reason === "Damaged",
      () => Effect.succeedNone
    )
  )
  return Option.filter(note, ({ at, mac, said }) => SessionMac.equals(mac, macOf(place, at, said)))
})

/** What cannot be written is only asked again. */
const tell = Effect.fnUntraced(function* (
  place: Place,
  { detail, hint, provider, reason }: CredentialProvider.ProviderError
) {
  const at = yield* Clock.currentTimeMillis
  const said = { provider, reason, detail, hint }
  yield* Effect.ignore(PrivateJson.write(place.path, Note, { v: 1, at, said, mac: macOf(place, at, said) }))
})

const macOf = ({ reuse, seed, session }: Place, at: number, said: typeof Said.Type): string =>
  SessionMac.of(Redacted.value(seed), "bailiwick/refusal/v1", [session, reuse, String(at), JSON.stringify(said)])
