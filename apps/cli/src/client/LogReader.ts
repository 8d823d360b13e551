/** Who may read the whole log, and by which keys and heads it is judged. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as BrokerError from "@bailiwick/broker/BrokerError"
import type * as LogVerify from "@bailiwick/audit/LogVerify"
import { KeyRing } from "@bailiwick/core/ports/KeyRing"
import { RecordRegistry } from "@bailiwick/core/ports/RecordRegistry"
import type { StoreError } from "@bailiwick/core/StoreError"
import type { ProjectId } from "@bailiwick/core/ProjectId"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import * as Record from "@bailiwick/tokens/Record"
import * as Result from "effect/Result"
import * as Calling from "./Calling.ts"
import * as Pin from "./Pin.ts"

/**
 * A session reads the log only for an owner or an auditor. Without any, this is whoever operates the store: the file is
 * theirs, and a refusal here would only send them to another tool.
 */
export const permit = Effect.fnUntraced(function* (project: ProjectId) {
  const calling = yield* Calling.find(project)
  const standing = Option.match(calling, { onNone: () => "owner", onSome: ({ caller }) => caller.standing })
  if (standing === "owner" || standing === "auditor") return
  return yield* BrokerError.make(
    new BrokerError.NotPermitted({
      detail: "owners and auditors read the log",
      hint: "look at your own with: bailiwick sessions list"
    })
  )
})

/** The log's own keys, retired ones included. */
export const keys: Effect.Effect<ReadonlyArray<PublicKey.PublicKey>, StoreError, KeyRing> = Effect.gen(function* () {
  const ring = yield* (yield* KeyRing).keys("log")
  return yield* Effect.forEach(ring, ({ jwk }) => PublicKey.fromJwk(jwk)).pipe(Effect.orDie)
})

/** Heads from elsewhere: what this user saw last, and what every passphrase-signed record says its signer saw. */
export const heads = Effect.fnUntraced(function* (project: ProjectId) {
  const pin = yield* Pin.read(project)
  const records = yield* (yield* RecordRegistry).all
  const signed = records.flatMap(({ jws, kind, seq }): ReadonlyArray<LogVerify.SeenHead> =>
    Result.match(Record.decode(kind, jws), {
      onFailure: () => [],
      onSuccess: ({ payload }) => [{ head: payload.log, source: `the head in the ${kind} record ${seq}` }]
    })
  )
  const seen = Option.match(pin, {
    onNone: (): ReadonlyArray<LogVerify.SeenHead> => [],
    onSome: ({ head }) => [{ head, source: "the head that this user saw last" }]
  })
  return [...signed, ...seen]
})
