/**
 * What AWS refused a command that ran with one session, and whether that session had been given it.
 *
 * All of this was said by the command itself, on its standard error or by its SDK's monitoring: it is a help for whoever
 * started it, and nothing is decided by it. An action that is not known is never guessed.
 *
 * @example
 * import * as Denial from "@bailiwick/provider-aws/Denial"
 *
 * const denials = Denial.collect({ table, session: { role }, sentences, calls: [] })
 * denials.map((denial) => Denial.judge(denial, policy)._tag) // ["NotGiven"]
 */
import type { CredentialSessionId } from "@bailiwick/core/CredentialSessionId"
import * as Policy from "@bailiwick/core/Policy"
import * as Actions from "./Actions.ts"
import * as ApiAction from "./denial/ApiAction.ts"
import type { Sentence } from "./denial/Sentence.ts"
import * as SentenceScanner from "./denial/SentenceScanner.ts"
import * as GuardedActions from "./document/GuardedActions.ts"
import * as SessionIdentity from "./SessionIdentity.ts"

export { make as scanner, type SentenceScanner } from "./denial/SentenceScanner.ts"

/** One call that failed, as an SDK's client-side monitoring tells of it. */
export interface FailedCall {
  /** The SDK's id of the service: `S3`, `CloudWatch Logs`. */
  readonly service: string
  readonly api: string
  /** The code of the error. */
  readonly code: string
  /** Cut off by the SDKs at `messageLength` characters. */
  readonly message: string
}

/** Whose refusals count. */
export interface OwnSession {
  /** The ARN of its role. */
  readonly role: string
  /** Where the broker has named it: then other sessions of the role are told apart, such as a run's inside this run. */
  readonly id?: CredentialSessionId
}

export interface Denial {
  readonly action: Actions.Action
  /** An ARN or `*`; absent where AWS does not say. */
  readonly resource?: string
  /** The kind of policy that decided, in AWS's words: `session policy`, `identity-based policy`, …. */
  readonly by?: string
  /** Whether a statement that denies decided, and not the lack of one that allows. */
  readonly explicit: boolean
  /** Whether no target hands the action out unless its record says so. */
  readonly guarded: boolean
}

/**
 * What a policy says of a denial. `NotGiven`: no statement covers it; `elsewhere` are resources on which the action was
 * given. `Conditional`: a statement covers it under conditions. `Withheld`: the policy's own denials. `Given`: it was
 * given, and something else refused. `Unplaced`: the action was given on `elsewhere`, and AWS does not say where it refused.
 */
export type Verdict =
  | { readonly _tag: "NotGiven"; readonly elsewhere: ReadonlyArray<string> }
  | { readonly _tag: "Conditional" }
  | { readonly _tag: "Withheld" }
  | { readonly _tag: "Given" }
  | { readonly _tag: "Unplaced"; readonly elsewhere: ReadonlyArray<string> }

/** Where the SDKs cut off the message of an error (botocore and others). */
const messageLength = 512

/** The codes by which services refuse for want of authority; others, of keys and clocks and requests, are none. */
const codes = new Set([
  "403",
  "AccessDenied",
  "AccessDeniedException",
  "AuthorizationError",
  "AuthorizationErrorException",
  "Client.UnauthorizedOperation",
  "Forbidden",
  "UnauthorizedOperation"
])

/** Sorted, each once. A sentence about anybody else than the command's own session is left out. */
export const collect = (heard: {
  readonly table: Actions.Table
  readonly session: OwnSession
  readonly sentences: ReadonlyArray<Sentence>
  readonly calls: ReadonlyArray<FailedCall>
}): ReadonlyArray<Denial> => {
  const isOwn = (principal: string) => isOf(heard.session, principal)
  const said = heard.sentences.map((sentence) => ofSentence(heard.table, sentence, isOwn))
  for (const call of heard.calls) {
    if (!codes.has(call.code)) continue
    const sentences = SentenceScanner.read(call.message, call.message.length < messageLength)
    if (sentences.length === 0) said.push(ofCall(heard.table, call))
    else said.push(...sentences.map((sentence) => ofSentence(heard.table, sentence, isOwn)))
  }
  const distinct = new Map<string, Denial>()
  for (const denial of said) {
    if (denial === undefined) continue
    const key = keyOf(denial)
    if (distinct.get(key)?.by === undefined) distinct.set(key, denial)
  }
  const denials = [...distinct.values()]
  const placed = new Set(denials.flatMap(({ action, resource }) => (resource === undefined ? [] : [action.text])))
  // The same refusal, once told whole and once by its name alone.
  return denials
    .filter(({ action, resource }) => resource !== undefined || !placed.has(action.text))
    .sort((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1))
}

const keyOf = ({ action, resource }: Denial): string => `${action.text} ${resource ?? ""}`

const ofSentence = (
  table: Actions.Table,
  { action, by, explicit, principal, resource }: Sentence,
  isOwn: (principal: string) => boolean
): Denial | undefined => {
  const [known] = Actions.matching(table, action)
  if (known === undefined || (principal !== undefined && !isOwn(principal))) return undefined
  return {
    action: known,
    explicit,
    guarded: GuardedActions.isGuarded(known),
    // Older services name users and roles in words of their own, which no policy could name.
    ...(resource === "*" || resource?.startsWith("arn:") === true ? { resource } : {}),
    ...(by === undefined ? {} : { by })
  }
}

const ofCall = (table: Actions.Table, { api, service }: FailedCall): Denial | undefined => {
  const action = ApiAction.of(table, service, api)
  return action === undefined ? undefined : { action, explicit: false, guarded: GuardedActions.isGuarded(action) }
}

// An account that either does not name, as with some gateways, is not compared.
const isOf = ({ id, role }: OwnSession, principal: string): boolean => {
  const [, partition, , , account, path = ""] = role.split(":")
  const [, itsPartition, service, , itsAccount, session = ""] = principal.split(":")
  return (
    service === "sts" &&
    itsPartition === partition &&
    (account === "" || itsAccount === "" || itsAccount === account) &&
    session.startsWith(`assumed-role/${path.slice(path.lastIndexOf("/") + 1)}/`) &&
    (id === undefined || session.endsWith(SessionIdentity.ending(id)))
  )
}

/** What the policy that was granted says of it. */
export const judge = ({ action, resource }: Denial, policy: Policy.Policy): Verdict => {
  const giving = policy.statements.filter(
    ({ actions, provider }) => provider === "aws" && actions.some((pattern) => Actions.matcher(pattern)(action))
  )
  const elsewhere = [...new Set(giving.flatMap(({ resources }) => resources))]
  if (resource === undefined) {
    return giving.length === 0 ? { _tag: "NotGiven", elsewhere } : { _tag: "Unplaced", elsewhere }
  }
  const request = { provider: "aws", action: action.text, resource } as const
  const { allowed, by } = Policy.covers(policy, request)
  if (allowed) return { _tag: "Given" }
  if (by !== null) return { _tag: "Withheld" }
  return Policy.covers(unconditional(policy), request).allowed
    ? { _tag: "Conditional" }
    : { _tag: "NotGiven", elsewhere }
}

/** Whether a policy would ever allow it, under whatever conditions; so that a limit above can be told. */
export const isWithin = ({ action, resource }: Denial, policy: Policy.Policy): boolean =>
  resource === undefined ||
  Policy.covers(unconditional(policy), { provider: "aws", action: action.text, resource }).allowed

const unconditional = ({ deny, statements }: Policy.Policy): Policy.Policy => ({
  statements: statements.map(({ actions, provider, resources }) => ({ actions, provider, resources })),
  deny: deny.filter(({ conditions }) => conditions === undefined)
})
