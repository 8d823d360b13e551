/**
 * Writes what a role denies, and makes sure that nobody else's change has taken it out again.
 *
 * IAM has no conditional write, so two brokers can overwrite one another. In one process only one writes at a time, and
 * all that comes up meanwhile goes into the next write together; between processes, what was written is read back after
 * a pause that is longer than another's reading and writing takes.
 */
import type { Revoked } from "./RevokedSessions.ts"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Semaphore from "effect/Semaphore"
import * as AwsFailure from "./AwsFailure.ts"
import type { AwsTarget } from "./AwsTarget.ts"
import * as CallerIdentity from "./CallerIdentity.ts"
import * as QueryCall from "./QueryCall.ts"
import * as QueryXml from "./QueryXml.ts"
import * as RevokedSessions from "./RevokedSessions.ts"
import type { Identity } from "./SourceCredentials.ts"

/** A role, and who writes on it. */
export interface Writer {
  readonly target: AwsTarget
  readonly identity: Identity
}

const failure = (code: string): AwsFailure.Failure => ({ code, status: undefined, message: "" })

/** The policy of our name holds something that this program never wrote. */
export const foreign = failure("ForeignRevocationPolicy")

/** What was written is not there: others keep writing, or AWS still answers with what was before. */
export const unconfirmed = failure("RevocationNotConfirmed")

/** AWS does not say what time it is. */
export const timeless = failure("NoServerDate")

/** Who writes is a session of the role itself, and would be cut off too. */
export const ownRole = failure("BrokerActsInRole")

const attempts = 5

/** Milliseconds before what was written is read back, at least and at most: twice as long as this broker took itself. */
const pause = { shortest: 400, longest: 3000 }

/**
 * Brokers whose writes undid one another would do so again in step: each waits for a time of its own before it reads and
 * writes anew, up to so many milliseconds more each time.
 */
const apart = 600

/** By role: one writes at a time. */
const turns = new Map<string, Semaphore.Semaphore>()

const alone = <A, E, R>({ target }: Writer, write: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
  const key = `${target.iam.endpoint}\n${target.role.arn}`
  const turn = turns.get(key) ?? Semaphore.makeUnsafe(1)
  turns.set(key, turn)
  return turn.withPermit(write)
}

interface Batch {
  readonly revoked: Array<Revoked>
  readonly written: Deferred.Deferred<void, AwsFailure.Failure>
}

/** What waits for its turn, by role and writer. */
const waiting = new Map<string, Batch>()

/** Denies one session. */
export const deny = Effect.fn("RoleDenial.deny")(function* (writer: Writer, revoked: Revoked) {
  const key = [writer.target.iam.endpoint, writer.target.role.arn, writer.identity.accessKeyId].join("\n")
  const standing = waiting.get(key)
  if (standing !== undefined) {
    standing.revoked.push(revoked)
    return yield* Deferred.await(standing.written)
  }
  const batch: Batch = { revoked: [revoked], written: Deferred.makeUnsafe() }
  waiting.set(key, batch)
  const close = Effect.sync(() => {
    if (waiting.get(key) === batch) waiting.delete(key)
  })
  yield* alone(writer, Effect.andThen(close, denyAll(writer, batch.revoked))).pipe(
    // Whoever is interrupted takes nobody along: the others hear that it is not known to be written.
    Effect.onExit((exit) =>
      Effect.andThen(close, Deferred.done(batch.written, Exit.hasInterrupts(exit) ? Exit.fail(unconfirmed) : exit))
    )
  )
})

const denyAll = (writer: Writer, revoked: ReadonlyArray<Revoked>) =>
  change(
    writer,
    (standing, now) => RevokedSessions.add(standing, revoked, now),
    (standing) => revoked.every((one) => RevokedSessions.has(standing, one))
  )

/**
 * Denies everything that was issued up to now, by the clock of STS, which stamps sessions in whole seconds: what was issued
 * within the running second is denied too, so this ends when that second is over and whatever is issued then is good.
 * Gives back the moment of the cut by both clocks.
 */
export const cutOff = Effect.fn("RoleDenial.cutOff")(function* (writer: Writer) {
  const { moment, over } = yield* alone(writer, cutNow(writer))
  yield* Effect.sleep(Math.max(0, over - (yield* Clock.currentTimeMillis)))
  return { moment, here: UnixTime.UnixTime.make(Math.ceil(over / 1000)) }
})

// Dated once the turn has come: of what it replaces nothing was issued later.
const cutNow = Effect.fnUntraced(function* (writer: Writer) {
  const asked = yield* Clock.currentTimeMillis
  const { ahead, role } = yield* whoWrites(writer)
  if (ahead === undefined) return yield* Effect.fail(timeless)
  if (role === writer.target.role.name) return yield* Effect.fail(ownRole)
  const answered = yield* Clock.currentTimeMillis
  const moment = UnixTime.UnixTime.make(Math.floor((answered + ahead) / 1000) + 1)
  yield* change(
    writer,
    (standing) => RevokedSessions.cutOff(standing, moment),
    (standing) => RevokedSessions.holds(standing, moment)
  )
  // The server's date may be older than its answer by as long as that was under way.
  return { moment, over: moment * 1000 - ahead + (answered - asked) }
})

/** The clock of STS, and the role in whose session the writer acts, if any. */
export const whoWrites = ({ target, identity }: Writer) =>
  Effect.map(CallerIdentity.ask(target, identity), ({ ahead, arn = "" }) => {
    const [, account, role] = assumed.exec(arn) ?? []
    return { ahead, role: account === target.role.account ? role : undefined }
  })

const assumed = /^arn:[a-z0-9-]+:sts::(\d{12})?:assumed-role\/([^/]+)\//u

/** Writes until what was wanted is found there; nothing if it stands already. */
const change = Effect.fnUntraced(function* (
  writer: Writer,
  next: (standing: RevokedSessions.RevokedSessions, now: UnixTime.UnixTime) => RevokedSessions.RevokedSessions,
  isDone: (standing: RevokedSessions.RevokedSessions) => boolean
) {
  let unsure: AwsFailure.Failure = unconfirmed
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (attempt > 0) yield* Effect.sleep(yield* Random.nextBetween(0, apart * attempt))
    const begun = yield* Clock.currentTimeMillis
    const found = yield* read(writer)
    if (isDone(found.standing)) return
    // Without an answer only what is found there tells whether it was written; sent again as it was, it could take out
    // what somebody else has written since.
    const put = call(writer, {
      Action: "PutRolePolicy",
      PolicyName: RevokedSessions.policyName,
      PolicyDocument: RevokedSessions.write(next(found.standing, found.now))
    })
    yield* Effect.catchIf(put, AwsFailure.isUncertain, (failure) => Effect.sync(() => void (unsure = failure)))
    const took = (yield* Clock.currentTimeMillis) - begun
    yield* Effect.sleep(Math.min(pause.longest, Math.max(pause.shortest, 2 * took)))
    const { standing } = yield* read(writer)
    if (isDone(standing)) return
  }
  return yield* Effect.fail(unsure)
})

interface Found {
  readonly standing: RevokedSessions.RevokedSessions
  /** By the clock of AWS: a denial is never dropped because this machine's is wrong. */
  readonly now: UnixTime.UnixTime
}

const nothing: Found = { standing: RevokedSessions.empty, now: UnixTime.UnixTime.make(0) }

const read = (writer: Writer): Effect.Effect<Found, AwsFailure.Failure> =>
  call(writer, { Action: "GetRolePolicy", PolicyName: RevokedSessions.policyName }).pipe(
    Effect.flatMap(({ xml, ahead }) =>
      Effect.gen(function* () {
        // IAM writes the document percent-encoded (RFC 3986).
        const text = Option.flatMap(Option.fromUndefinedOr(QueryXml.text(xml, "PolicyDocument")), decoded)
        const standing = Option.flatMap(text, RevokedSessions.read)
        if (Option.isNone(standing)) return yield* Effect.fail(foreign)
        const here = yield* Clock.currentTimeMillis
        const now = ahead === undefined ? nothing.now : UnixTime.UnixTime.make(Math.floor((here + ahead) / 1000))
        return { standing: standing.value, now } satisfies Found
      })
    ),
    Effect.catchIf(
      ({ code }) => code === "NoSuchEntity",
      () => Effect.succeed(nothing)
    )
  )

const decoded = Option.liftThrowable(decodeURIComponent)

const call = ({ target, identity }: Writer, parameters: Readonly<Record<string, string>>) =>
  QueryCall.send({
    ...target.iam,
    service: "iam",
    identity,
    changes: parameters.Action === "PutRolePolicy",
    parameters: { Version: "2010-05-08", RoleName: target.role.name, ...parameters }
  })
