/** How a signed record enters the store: its line in the log gives it its place, the judged row is kept beside it. */
import type { Actor } from "@bailiwick/core/AuditEvent"
import { AuditLog } from "@bailiwick/core/ports/AuditLog"
import { type AcceptedRecord, type RecordKind, RecordRegistry } from "@bailiwick/core/ports/RecordRegistry"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import * as Record from "@bailiwick/tokens/Record"
import type * as Registry from "@bailiwick/tokens/Registry"
import * as TokenError from "@bailiwick/tokens/TokenError"
import * as Effect from "effect/Effect"
import * as BrokerError from "../BrokerError.ts"

/**
 * Writes the `record.accepted` line and gives back the record at its place, still unjudged.
 *
 * The line comes first because entitlement is judged at the very place and time that the log gives (formats §2); a
 * record that is then refused takes its line back with it.
 */
export const place = Effect.fnUntraced(function* (kind: RecordKind, jws: string, actor: Actor) {
  const { record } = yield* decode(kind, jws)
  const log = yield* AuditLog
  const at = yield* log.append({
    actor,
    type: "record.accepted",
    subject: Record.hash(jws),
    outcome: "ok",
    detail: { kind, chain: Record.chain(record), seq: record.payload.seq }
  })
  return { kind, jws, place: at.seq, time: at.time } satisfies Registry.Candidate
})

/** Keeps a record that was judged, and binds its key to its owner across every replica of the store. */
export const keep = Effect.fnUntraced(function* (accepted: AcceptedRecord) {
  const records = yield* RecordRegistry
  const { record, key } = yield* decode(accepted.kind, accepted.jws)
  if (key !== undefined && !(yield* records.claimKey(key.kid, Record.chain(record)))) {
    return yield* BrokerError.token(new TokenError.KeyReused({ what: `${record.kind} record` }))
  }
  yield* records.append(accepted)
})

const decode = Effect.fnUntraced(function* (kind: RecordKind, jws: string) {
  const record = yield* Effect.mapError(Effect.fromResult(Record.decode(kind, jws)), BrokerError.fromToken)
  const jwk =
    record.kind === "member" ? record.payload.jwk : record.kind === "delegation" ? record.payload.verifier : undefined
  const key =
    jwk === undefined
      ? undefined
      : yield* Effect.mapError(PublicKey.fromJwk(jwk), () =>
          BrokerError.token(new TokenError.BadKey({ what: `${kind} record` }))
        )
  return { record, key }
})
