/**
 * Takes over what the two programs left behind that this one descends from: as history, and never as authority.
 *
 * What is taken lies in `ImportedHistory`, which nothing that decides reads. The same bytes are taken once, a session
 * that has ended is never opened again by what its file says later, and every line of the log names the digest of what
 * it was taken from.
 */
import type { AuditEvent } from "@bailiwick/core/AuditEvent"
import { AuditLog } from "@bailiwick/core/ports/AuditLog"
import { type Entry, ImportedHistory } from "@bailiwick/core/ports/ImportedHistory"
import type { Sha256 } from "@bailiwick/core/Sha256"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Authenticate from "./Authenticate.ts"
import * as BrokerError from "./BrokerError.ts"
import * as Caller from "./Caller.ts"
import * as ClockGuard from "./ClockGuard.ts"

/** What is taken over together, and told of in one line of the log. */
export interface Part {
  readonly source: Entry["source"]
  readonly kind: Entry["kind"]
  /** A file, a member, a delegation. */
  readonly name: string
  /** Of the file that it was read from, whole. */
  readonly digest: Sha256
  /** What the log tells of it besides: never a secret, and never text that may hold one, such as a command. */
  readonly told: AuditEvent["detail"]
  readonly entries: ReadonlyArray<Pick<Entry, "name" | "digest" | "status" | "body">>
}

export interface Outcome {
  /** Entries that were not here, or stood here otherwise. */
  readonly taken: number
  /** Entries that are here already. */
  readonly known: number
  /** Sessions that had ended when they were taken, and stay what they are. */
  readonly ended: number
}

/** What taking these would do; changes nothing. */
export const look = Effect.fn("Import.look")((parts: ReadonlyArray<Part>) =>
  Effect.forEach(parts, (part) => Effect.map(sorted(part), outcome))
)

/**
 * Takes them, all or none. `by` is the session that asks, an owner's; without one it is whoever operates the store, to
 * whom its files belong anyway.
 */
export const take = Effect.fn("Import.take")((by: Option.Option<Caller.Caller>, parts: ReadonlyArray<Part>) =>
  ClockGuard.transaction((now) =>
    Effect.gen(function* () {
      const actor = Option.isSome(by) ? Caller.actor(yield* owner(yield* Authenticate.recheck(by.value, now))) : {}
      const history = yield* ImportedHistory
      const log = yield* AuditLog
      return yield* Effect.forEach(parts, (part) =>
        Effect.gen(function* () {
          const found = yield* sorted(part)
          const { kind, source } = part
          yield* Effect.forEach(found.taken, (entry) => history.put({ ...entry, source, kind, time: now }))
          if (found.taken.length > 0) {
            yield* log.append({
              actor,
              type: `import.${kind}`,
              subject: part.name,
              outcome: "ok",
              detail: { ...part.told, source, digest: part.digest, taken: found.taken.length }
            })
          }
          return outcome(found)
        })
      )
    })
  )
)

const owner = (caller: Caller.Caller): Effect.Effect<Caller.Caller, BrokerError.BrokerError> =>
  caller.standing === "owner"
    ? Effect.succeed(caller)
    : Effect.fail(
        BrokerError.make(
          new BrokerError.NotPermitted({ detail: "only an owner's session imports", hint: "ask an owner" })
        )
      )

const sorted = Effect.fnUntraced(function* ({ entries, kind, source }: Part) {
  const history = yield* ImportedHistory
  const found: { readonly [outcome in keyof Outcome]: Array<Part["entries"][number]> } = {
    taken: [],
    known: [],
    ended: []
  }
  for (const entry of entries) found[standing(yield* history.find(source, kind, entry.name), entry.digest)].push(entry)
  return found
})

const standing = (before: Option.Option<Entry>, digest: Sha256): keyof Outcome => {
  if (Option.isNone(before)) return "taken"
  if (before.value.digest === digest) return "known"
  const { status } = before.value
  return status === undefined || status === "active" ? "taken" : "ended"
}

const outcome = ({ ended, known, taken }: Effect.Success<ReturnType<typeof sorted>>): Outcome => ({
  taken: taken.length,
  known: known.length,
  ended: ended.length
})
