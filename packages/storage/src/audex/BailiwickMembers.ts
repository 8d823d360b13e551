/**
 * Our own members beside the original's (formats §4): written into its file, kept by it unread, and dropped when one of
 * its programs writes the file anew.
 *
 * `bailiwick_policy` is read first: the flat form cannot say denials, conditions or which action goes with which
 * resource, so alone it would claim more than was granted.
 */
import type { CredentialSession } from "@bailiwick/core/CredentialSession"
import * as Policy from "@bailiwick/core/Policy"
import * as StrictJson from "@bailiwick/core/StrictJson"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { type AudexError, malformed, unwritable } from "./AudexError.ts"
import * as AudexJson from "./AudexJson.ts"
import type * as AudexSession from "./AudexSession.ts"
import * as FlatPolicy from "./FlatPolicy.ts"

/** The policy that was granted, where it is written; refused where it is there and cannot be read. */
export const policy = (session: AudexSession.AudexSession): Result.Result<Option.Option<Policy.Policy>, AudexError> => {
  const found = session.unknown.entries.filter(([name]) => name === policyMember)
  const [first] = found
  if (first === undefined) return Result.succeed(Option.none())
  if (found.length > 1) return Result.fail(malformed(`${policyMember} stands twice`))
  const text = AudexJson.write(first[1])
  return Result.mapBoth(StrictJson.decode(Policy.Policy, text, { maxBytes: maximumText }), {
    onFailure: () => malformed(`${policyMember} is no policy`),
    onSuccess: Option.some
  })
}

/** Whether the flat form says exactly what was granted: no policy of ours beside it, or one that is as flat. */
export const isFlat = (session: AudexSession.AudexSession): boolean =>
  Result.match(policy(session), {
    onFailure: () => false,
    onSuccess: Option.match({
      onNone: () => true,
      onSome: ({ deny, statements }) => {
        const [statement] = statements
        return (
          statements.length === 1 &&
          deny.length === 0 &&
          statement !== undefined &&
          statement.conditions === undefined &&
          statement.provider === session.provider &&
          FlatPolicy.says(session.policy, session.provider, statement.actions, statement.resources)
        )
      }
    })
  })

/** A session of ours in the original's form; refused for `oidc`, and for actions that have no form there. */
export const toAudex = (session: CredentialSession): Result.Result<AudexSession.AudexSession, AudexError> =>
  Result.gen(function* () {
    const provider = FlatPolicy.providers.find((candidate) => candidate === session.provider)
    if (provider === undefined) return yield* Result.fail(unwritable("Audex does not know its provider"))
    const flat = yield* flatten(provider, session.policy)
    return {
      id: session.id,
      created_at: time(session.created_at),
      expires_at: time(session.expires_at),
      ttl_seconds: BigInt(session.ttl_seconds),
      policy: flat,
      status: session.status,
      role_arn: session.role_arn,
      command: session.command,
      provider,
      ...(session.principal_id !== undefined && { principal_id: session.principal_id }),
      tags: new Map(Object.entries(session.tags)),
      unknown: members(session)
    }
  })

const policyMember = "bailiwick_policy"

// Twice the largest policy: the text may be indented.
const maximumText = 2 * Policy.maximumBytes

const time = (seconds: UnixTime.UnixTime): AudexSession.Time => ({ seconds, nanos: 0 })

const members = (session: CredentialSession): AudexJson.Members => {
  const written = AudexJson.fromJson({
    [policyMember]: session.policy,
    project_id: session.project_id,
    member: session.agent ?? session.human,
    delegation_id: session.delegation_id,
    auth_session_id: session.auth_session_id,
    target: session.target,
    region: session.region,
    enforcement: session.enforcement,
    isolation: session.isolation,
    renewed_at: session.renewed_at === undefined ? undefined : UnixTime.toText(session.renewed_at),
    issue_count: session.issue_count
  })
  return written instanceof AudexJson.Members ? written : new AudexJson.Members([])
}

const flatten = (
  provider: FlatPolicy.Provider,
  { statements }: Policy.Policy
): Result.Result<FlatPolicy.FlatPolicy, AudexError> =>
  Result.map(
    Result.all(
      unique(statements.flatMap(({ actions }) => actions)).map((text) =>
        Result.fromNullishOr(FlatPolicy.splitAction(provider, text), () =>
          unwritable("an action has no service and name of its own there")
        )
      )
    ),
    (actions) => ({ actions, resources: unique(statements.flatMap(({ resources }) => resources)) })
  )

const unique = (texts: ReadonlyArray<string>): ReadonlyArray<string> => [...new Set(texts)]
