/** What `run`, `shell` and `export` share: how authority is found, what is asked for, and how it is delivered. */
import * as Effect from "effect/Effect"
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"
import type { Caller } from "@bailiwick/broker/Caller"
import type * as Decide from "@bailiwick/broker/Decide"
import { usage } from "../ui/Failure.ts"
import type * as Standing from "../wiring/Standing.ts"
import * as Ask from "./Ask.ts"
import * as Unlock from "./Unlock.ts"

const narrow = Flag.Boolean("narrow").pipe(
  Flag.withDescription("Take what is left where more is asked for than is allowed"),
  Flag.withDefault(false),
  Flag.withoutNegation
)

const tags = Flag.KeyValuePair("tag").pipe(
  Flag.withMetavar("KEY=VALUE"),
  Flag.withDescription("Noted in the record; no cloud sees it"),
  Flag.withDefault({})
)

/** What a command asks of the authority that is there already. */
export const asking = { ...Ask.flags, narrow, tags }

export const acting = {
  as: Flag.String("as").pipe(
    Flag.withMetavar("AGENT"),
    Flag.withDescription("Run as this agent, with a session of its own that ends with the run"),
    Flag.optional
  ),
  ...Ask.flags,
  ...Ask.signingFlags,
  narrow,
  tags,
  ...Unlock.flags
}

export interface Wanted extends Ask.Asked {
  readonly narrow: boolean
  readonly tags: Readonly<Record<string, string>>
}

/** The one request of a run: on the target that was named, else the only one that the authority has. */
export const request = Effect.fnUntraced(function* (
  wanted: Wanted,
  { caller, signed }: { readonly caller: Pick<Caller, "chain">; readonly signed: boolean },
  { view }: Standing.Standing
) {
  const asked = yield* Ask.targets(wanted, view.project)
  const held = caller.chain?.grant.targets ?? []
  const [target, another] = asked.length > 0 ? asked : held
  if (target === undefined) return yield* usage("missing-flag", "--on is missing", Ask.named(view.project))
  if (another !== undefined) {
    const names = (asked.length > 0 ? asked : held).map(({ alias }) => alias)
    return yield* usage(
      "which-target",
      "credentials are for one target at a time",
      `choose with --on: ${names.join(", ")}`
    )
  }
  // What was signed just now is asked for whole; otherwise the flags say how much of what is held.
  const policy = signed ? Option.none() : yield* Ask.policy(wanted, [target], view.project)
  const ttl = signed ? Option.none() : yield* Ask.seconds(wanted.ttl)
  const request: Decide.Request = {
    target: target.alias,
    ...(Option.isSome(policy) ? { policy: policy.value } : {}),
    ...(Option.isSome(ttl) ? { ttl: ttl.value } : {}),
    tags: wanted.tags,
    narrow: wanted.narrow
  }
  return request
})
