/** The credentials of one run: issued once, renewed from the same broker, completed at the end. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Issue from "@bailiwick/broker/Issue"
import type { Caller } from "@bailiwick/broker/Caller"
import type * as Decide from "@bailiwick/broker/Decide"
import type * as Revoke from "@bailiwick/broker/Revoke"
import * as Sessions from "@bailiwick/broker/Sessions"
import type { CredentialSession } from "@bailiwick/core/CredentialSession"
import type { SecretFiles } from "@bailiwick/core/ports/SecretFiles"
import * as CredentialLease from "@bailiwick/delivery/CredentialLease"
import * as DeliveryError from "@bailiwick/delivery/DeliveryError"
import * as GenerationFile from "@bailiwick/storage/GenerationFile"
import { StateDirectory } from "@bailiwick/storage/StateDirectory"
import * as TokenId from "@bailiwick/tokens/TokenId"
import { Failure } from "../ui/Failure.ts"
import * as Output from "../ui/Output.ts"
import * as Progress from "../ui/Progress.ts"
import * as Report from "../ui/Report.ts"
import * as Calling from "./Calling.ts"
import * as CloudEnds from "./CloudEnds.ts"

/** Tells the runs of one caller apart, in the record and in the digest that decides reuse. */
const runTag = "bailiwick:run"

export const open = Effect.fnUntraced(function* (options: {
  readonly calling: Calling.Calling
  readonly request: Decide.Request
  readonly command: ReadonlyArray<string>
}) {
  const { calling, command } = options
  // A session of its own: two runs that ask for the same would share one, and the end of either would be the end of both.
  const run = yield* TokenId.random
  const request = { ...options.request, tags: { ...options.request.tags, [runTag]: run } }
  const issue = Issue.issue({ caller: calling.caller, request, command }).pipe(
    Effect.onInterrupt(() => Effect.ignore(endUnheld(calling.caller, run)))
  )
  // Whoever interrupts need not wait for a cloud that does not answer.
  const first = yield* Effect.acquireRelease(
    Progress.during("asking for credentials", issue),
    ({ session }) =>
      Progress.during("ending the credentials of this run", Sessions.complete(calling.caller, session.id)).pipe(
        Effect.flatMap(tellAlive),
        Effect.ignore
      ),
    { interruptible: true }
  )
  const pending = yield* Ref.make<Issue.Issued | undefined>(first)
  const services = yield* Effect.context<Effect.Services<ReturnType<typeof renew>> | SecretFiles>()
  const told = yield* Ref.make(false)
  // Once, beside the child's own words: some SDKs keep the reason to themselves and say only that they have no credentials.
  const tell = ({ reason }: DeliveryError.DeliveryError) =>
    Effect.gen(function* () {
      if (reason._tag !== "Refused" || (yield* Ref.getAndSet(told, true))) return
      yield* Output.warn(`no more credentials for this run: ${reason.detail}`)
    })
  const refused = (error: Refusal) => toDelivery(error, calling.caller)
  const ask = Effect.gen(function* () {
    // The first answer was given before anybody asked.
    const { credentials, generation } =
      (yield* Ref.getAndSet(pending, undefined)) ?? (yield* renew(calling, first.session))
    return { credentials, generation }
  }).pipe(Effect.provide(services), Effect.mapError(refused), Effect.tapError(tell))
  const directory = (yield* StateDirectory).project(first.session.project_id)
  const generation = GenerationFile.read(directory).pipe(
    Effect.provide(services),
    Effect.mapError(refused),
    Effect.flatMap(
      Option.match({ onNone: () => unavailable("the store's generation is not known"), onSome: Effect.succeed })
    )
  )
  return { first, lease: yield* CredentialLease.make({ ask, generation }) }
})

// The interruption came when the cloud had answered already, and nobody holds the answer.
const endUnheld = Effect.fnUntraced(function* (caller: Caller, run: string) {
  const active = yield* Sessions.list(caller, { auth_session: caller.session, status: "active" })
  const own = active.filter(({ tags }) => tags[runTag] === run)
  for (const { id } of own) yield* Sessions.complete(caller, id)
})

// The command has ended, and its credentials should have ended with it.
const tellAlive = Effect.fnUntraced(function* ({ credentials }: Revoke.Ended) {
  for (const { hint, ...end } of credentials) {
    if (hint === undefined) continue
    yield* Output.warn(`the cloud did not end the credentials of this run: ${CloudEnds.sentence(end)}; ${hint}`)
  }
})

// Authenticated anew each time: whatever ended the caller since ends the credentials too.
const renew = Effect.fnUntraced(function* (calling: Calling.Calling, { id }: CredentialSession) {
  const { caller } = yield* Calling.authenticated(calling.proof)
  return yield* Issue.renew({ caller, session: id })
})

const unavailable = (detail: string) =>
  Effect.fail(new DeliveryError.DeliveryError({ reason: new DeliveryError.Unavailable({ detail }) }))

type Refusal = Effect.Error<ReturnType<typeof renew>>

/**
 * A store that fails may work again, and a cloud that is busy or out of reach; whatever else says no says so for good. An
 * SDK shows one text alone, so the fix stands behind the cause.
 */
const toDelivery = (error: Refusal, caller: Caller): DeliveryError.DeliveryError => {
  const told = Report.explain(error)
  const { code, message, ...failure } = told instanceof Failure ? told : Report.defect
  const hint = restart(error, caller) ?? failure.hint
  const detail = hint === undefined ? message : `${message}; ${hint}`
  const reason = mayPass(error)
    ? new DeliveryError.Unavailable({ detail })
    : new DeliveryError.Refused({ code, detail })
  return new DeliveryError.DeliveryError({ reason })
}

/** What brings a run back whose authority has ended. It holds no session of its own to unset, and cannot log in itself. */
const restart = (error: Refusal, { human, kind }: Caller): string | undefined => {
  if (error._tag !== "BrokerError") return undefined
  switch (error.reason._tag) {
    case "Ended":
      return "start the command again for a new one"
    case "LoginNeeded":
    case "SessionUnusable":
    case "TokenRefused":
      return kind === "agent"
        ? `ask ${human} for a new delegation token, then start the command again`
        : "log in again, then start the command again"
    default:
      return undefined
  }
}

const mayPass = (error: Refusal): boolean => {
  if (error._tag === "StoreError") return true
  if (error._tag !== "BrokerError" || error.reason._tag !== "ProviderFailed") return false
  return error.reason.error.reason === "Throttled" || error.reason.error.reason === "Unreachable"
}
