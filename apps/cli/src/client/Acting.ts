/**
 * Whose authority a run uses: the session in the environment, a live terminal grant, or a grant that the person signs for
 * this run alone; and with `--as` a session of the agent's own beneath it.
 *
 * Whatever is opened here is closed with the scope, and everything beneath it ends.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Login from "@bailiwick/broker/Login"
import * as Redeem from "@bailiwick/broker/Redeem"
import * as MemberId from "@bailiwick/core/MemberId"
import * as AgentKey from "./AgentKey.ts"
import * as Ask from "./Ask.ts"
import * as Calling from "./Calling.ts"
import * as Handover from "./Handover.ts"
import * as LogWatch from "./LogWatch.ts"
import * as Names from "./Names.ts"
import * as PersonSession from "./PersonSession.ts"
import * as Redeeming from "./Redeeming.ts"
import * as Roots from "./Roots.ts"
import * as Unlock from "./Unlock.ts"
import type * as Standing from "../wiring/Standing.ts"

export interface Options {
  readonly as: Option.Option<string>
  readonly wish: Roots.Wish
  readonly standing: Standing.Standing
}

export interface Acting extends Calling.Calling {
  /** Whether the flags were signed into what acts, so that nothing more is to be asked for with them. */
  readonly signed: boolean
}

export const acting = Effect.fnUntraced(function* (options: Options) {
  const { project } = options.standing.registry
  const environment = yield* Calling.fromEnvironment
  const proof = Option.isSome(environment) ? environment : yield* Calling.fromTerminal(project)
  const calling = Option.isSome(proof) ? Option.some(yield* Calling.authenticated(proof.value)) : Option.none()
  // A person's session without a grant gives nothing to run with; an agent's session that cannot act has failed above.
  const granted = Option.filter(calling, ({ caller }) => caller.kind === "agent" || caller.chain !== undefined)
  if (Option.isSome(options.as)) return yield* asAgent({ ...options, to: options.as.value }, granted)
  if (Option.isSome(granted)) {
    const acting: Acting = { ...granted.value, signed: false }
    return acting
  }
  return yield* byPassphrase(options)
})

/** A terminal grant for this run alone: shown, signed, used and closed. */
const byPassphrase = Effect.fnUntraced(function* ({ standing, wish }: Options) {
  yield* LogWatch.check(standing)
  const { project } = standing.registry
  const file = yield* Unlock.identity(project, wish)
  const grant = yield* Roots.grant(wish, standing)
  const calling = yield* PersonSession.openOnce({
    standing,
    file,
    signer: wish,
    grant: Option.some(grant),
    ttl: yield* Ask.seconds(wish.ttl),
    about: `Run with authority of ${file.member} in project ${project}:`
  })
  const acting: Acting = { ...calling, signed: true }
  return acting
})

const asAgent = Effect.fnUntraced(function* (
  { standing, to, wish }: Options & { readonly to: string },
  granted: Option.Option<Calling.Calling>
) {
  const { project } = standing.registry
  const agent = yield* Names.enrolled(to, standing)
  const request = { to: agent, key: Option.none(), wish, standing }
  const handed = yield* Option.match(granted, {
    onNone: () => Effect.andThen(LogWatch.check(standing), Handover.begin({ ...request, bearer: true })),
    onSome: (calling) => passOn(request, agent, calling)
  })
  const holder = yield* Redeeming.holderOf(handed, project)
  const { chain, id, seed } = yield* Redeeming.prepare({ chain: handed.chain, holder, project: standing.view.project })
  const calling = yield* Effect.acquireRelease(
    Effect.andThen(Redeem.redeem({ chain }), Calling.authenticated({ session: id, seed })),
    ({ caller }) => Effect.ignore(Login.close(caller))
  )
  const acting: Acting = { ...calling, signed: true }
  return acting
})

/** A grant beneath what acts; to another enrolled agent it is bound to that agent's own key, which must lie here. */
const passOn = Effect.fnUntraced(function* (
  request: Omit<Handover.Request, "bearer">,
  agent: MemberId.AgentId,
  calling: Calling.Calling
) {
  const { project } = request.standing.registry
  const above = calling.caller.agent
  const isOwnSubAgent = above !== undefined && MemberId.enrolled(above) === MemberId.enrolled(agent)
  if (isOwnSubAgent) return yield* Handover.onward({ ...request, bearer: true }, calling)
  const key = yield* AgentKey.read(project, agent)
  // A person may sign for an agent without a key here; a session cannot.
  if (Option.isNone(key) && above === undefined) return yield* Handover.begin({ ...request, bearer: true })
  return yield* Handover.onward({ ...request, bearer: false }, calling)
})
