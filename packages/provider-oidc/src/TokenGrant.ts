/**
 * What a policy comes to in a JWT: one audience and a list of scopes, and nothing that a JWT cannot say.
 *
 * A statement's resources are the audiences and its actions the scopes. The policy is evaluated exactly, never rounded:
 * what does not fit is refused with what would.
 */
import * as Policy from "@bailiwick/core/Policy"
import type * as UnixTime from "@bailiwick/core/UnixTime"
import * as Result from "effect/Result"
import * as Audience from "./Audience.ts"

export interface TokenGrant {
  readonly audience: string
  /** Sorted, so that equal requests come to equal tokens. */
  readonly scopes: ReadonlyArray<string>
  /** The earliest end that a condition of the statements sets. */
  readonly not_after?: UnixTime.UnixTime
  /** Whether a statement is tied to networks, which a JWT cannot hold. */
  readonly network: boolean
  readonly notes: ReadonlyArray<string>
}

/** Why a policy does not become one token, and what would. */
export interface Refusal {
  readonly reason: "AccessDenied" | "PolicyRefused" | "PolicyTooLarge"
  readonly detail: string
  readonly hint: string
}

/** The longest list of scopes, joined: with the other claims a token then still fits any server's header limits. */
export const maxScopeLength = 4096

/** Compiles the statements of provider oidc that are in force at `now`, for the audiences of one target. */
export const compile = (
  policy: Policy.Policy,
  audiences: ReadonlyArray<string>,
  now: UnixTime.UnixTime
): Result.Result<TokenGrant, Refusal> => {
  const statements = policy.statements.filter((statement) => isOfToken(statement, now))
  const denials = policy.deny.filter((statement) => isOfToken(statement, now))
  const certain = denials.filter(isCertain).map(unconditional)
  const conditional = denials.filter((denial) => !isCertain(denial))
  for (const statement of statements) {
    const refusal = refuseText(statement) ?? refuseAudiences(statement.resources, audiences)
    if (refusal !== undefined) return Result.fail(refusal)
  }
  const granted = new Map<string, ReadonlyArray<string>>()
  for (const audience of new Set(statements.flatMap(({ resources }) => resources))) {
    const asked = new Set(statements.flatMap(({ actions, resources }) => (resources.includes(audience) ? actions : [])))
    const scopes = [...asked].filter((scope) => !isDenied(certain, scope, audience))
    const doubtful = scopes.find((scope) => isDenied(conditional, scope, audience))
    if (doubtful !== undefined) return Result.fail(conditionalDenial(doubtful, audience))
    if (scopes.length > 0) granted.set(audience, scopes.toSorted())
  }
  const [only, ...others] = granted
  if (only === undefined) return Result.fail(nothing)
  if (others.length > 0) return Result.fail(split(granted))
  const [audience, scopes] = only
  if (scopes.join(" ").length > maxScopeLength) return Result.fail(tooLarge)
  return Result.succeed({
    audience,
    scopes,
    ...limits(statements, audience),
    notes: notes(policy, statements, audience, scopes)
  })
}

const isOfToken = ({ provider, conditions }: Policy.Statement, now: UnixTime.UnixTime): boolean =>
  provider === "oidc" && (conditions?.not_after === undefined || now < conditions.not_after)

// RFC 6749 §3.3: a scope is visible ASCII without the quote and the backslash. A blank of any other alphabet could become
// a separator in a lax reader, and one scope two.
const scopeText = /^[\x21\x23-\x5b\x5d-\x7e]+$/u

const refuseText = ({ actions, resources }: Policy.Statement): Refusal | undefined => {
  const wildResource = resources.find((text) => /[*?]/u.test(text))
  if (wildResource !== undefined) {
    return {
      reason: "PolicyRefused",
      detail: `a token is for one audience by name, and ${quote(wildResource)} is a pattern`,
      hint: "name the audience, for example --resource https://api.example.com"
    }
  }
  const wildAction = actions.find((text) => /[*?]/u.test(text))
  if (wildAction !== undefined) {
    return {
      reason: "PolicyRefused",
      detail: `a token's scope is plain text, and ${quote(wildAction)} is a pattern`,
      hint: "name the scopes that the task needs, for example --allow orders:read,orders:list"
    }
  }
  const scope = actions.find((text) => !scopeText.test(text))
  if (scope !== undefined) {
    return {
      reason: "PolicyRefused",
      detail: `${quote(scope)} cannot be a scope: visible ASCII characters without " and \\ (RFC 6749 §3.3)`,
      hint: "use the scope's name as the API documents it"
    }
  }
  return undefined
}

const refuseAudiences = (resources: ReadonlyArray<string>, audiences: ReadonlyArray<string>): Refusal | undefined => {
  for (const audience of resources) {
    const exchange = Audience.exchange(audience)
    if (exchange !== undefined) {
      return {
        reason: "PolicyRefused",
        detail: `${quote(audience)} is the audience of ${exchange}: whoever holds such a token can turn it into a cloud login`,
        hint: "ask for credentials of that cloud through a target of its own"
      }
    }
    if (!audiences.includes(audience)) {
      return {
        reason: "AccessDenied",
        detail: `this target has no audience ${quote(audience)}`,
        hint:
          audiences.length === 0
            ? `an owner names audiences in the target's settings.${Audience.setting} and signs it with project apply`
            : `it has ${audiences.slice(0, 8).map(quote).join(", ")}; an owner adds to settings.${Audience.setting}`
      }
    }
  }
  return undefined
}

// Denials of the past are gone already, so one that only has an end denies now; the others hold from some networks only.
const isCertain = ({ conditions }: Policy.Statement): boolean =>
  Object.keys(conditions ?? {}).every((condition) => condition === "not_after")

// Without any context a conditional denial denies (formats §3), so none is ever taken for one that does not hold.
const isDenied = (deny: Policy.Deny, action: string, resource: string): boolean =>
  !Policy.covers(
    { statements: [{ provider: "oidc", actions: [action], resources: [resource] }], deny },
    {
      provider: "oidc",
      action,
      resource
    }
  ).allowed

const unconditional = ({ provider, actions, resources }: Policy.Statement): Policy.Statement => ({
  provider,
  actions,
  resources
})

const limits = (statements: ReadonlyArray<Policy.Statement>, audience: string) => {
  const conditions = statements.filter(({ resources }) => resources.includes(audience)).map((each) => each.conditions)
  const ends = conditions.flatMap((each) => (each?.not_after === undefined ? [] : [each.not_after]))
  // Every other condition that a statement of oidc can have speaks of networks.
  const network = conditions.some((each) => Object.keys(each ?? {}).some((condition) => condition !== "not_after"))
  const [first, ...rest] = ends
  return first === undefined ? { network } : { network, not_after: rest.reduce((a, b) => (b < a ? b : a), first) }
}

const notes = (
  policy: Policy.Policy,
  statements: ReadonlyArray<Policy.Statement>,
  audience: string,
  scopes: ReadonlyArray<string>
): ReadonlyArray<string> => {
  const others = new Set(policy.statements.map(({ provider }) => provider).filter((provider) => provider !== "oidc"))
  const asked = new Set(statements.flatMap(({ actions, resources }) => (resources.includes(audience) ? actions : [])))
  return [
    ...(asked.size > scopes.length
      ? [`${asked.size - scopes.length} scopes are denied by the policy and not in the token`]
      : []),
    ...[...others].map(
      (provider) => `the policy's statements about ${provider} say nothing to an API that reads this token`
    )
  ]
}

const nothing: Refusal = {
  reason: "PolicyRefused",
  detail: "the policy grants nothing that a token could carry: no scope for any audience is left",
  hint: "ask for at least one scope on one audience, for example --allow orders:read --resource https://api.example.com"
}

const tooLarge: Refusal = {
  reason: "PolicyTooLarge",
  detail: `the scopes are longer than ${maxScopeLength} characters together`,
  hint: "ask for a part of them, once for each part"
}

const conditionalDenial = (scope: string, audience: string): Refusal => ({
  reason: "PolicyRefused",
  detail: `the scope ${quote(scope)} for ${quote(audience)} is denied under conditions, which a token cannot hold`,
  hint: "leave the scope out"
})

const shown = 8

const split = (granted: ReadonlyMap<string, ReadonlyArray<string>>): Refusal => {
  const parts = [...granted].slice(0, shown).map(([audience, scopes]) => {
    const more = scopes.length > shown ? ",…" : ""
    return `--resource ${audience} --allow ${scopes.slice(0, shown).join(",")}${more}`
  })
  const more = granted.size > shown ? `; and ${granted.size - shown} more` : ""
  return {
    reason: "PolicyRefused",
    detail: `a token has one audience, and the policy names ${granted.size}`,
    hint: `ask once for each: ${parts.join("; ")}${more}`
  }
}

const quote = (text: string): string => `"${text.length > 80 ? `${text.slice(0, 80)}…` : text}"`
