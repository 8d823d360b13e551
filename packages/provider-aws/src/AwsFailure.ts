/**
 * What AWS said when it refused, as its cause and its fix.
 *
 * Only codes of a known form are taken over; messages of AWS, of credential helpers and of the network may hold names and
 * secrets of the broker, and stay behind.
 */
import type { ProviderError } from "@bailiwick/core/CredentialProvider"
import * as Predicate from "effect/Predicate"
import type { AwsTarget } from "./AwsTarget.ts"
import * as CallRefusal from "./failure/CallRefusal.ts"
import type { Asked, Failure } from "./failure/Failure.ts"
import * as LoginRefusal from "./failure/LoginRefusal.ts"
import * as NetworkTrouble from "./failure/NetworkTrouble.ts"
import { type Refusal, toError } from "./Refusal.ts"

export type { Asked, Failure } from "./failure/Failure.ts"

export const asked = (call: string, { profile, role, region, sts }: AwsTarget): Asked => ({
  call,
  role: role.arn,
  region,
  host: new URL(sts).host,
  ...(profile === undefined ? {} : { profile })
})

export const timedOut: Failure = { code: "TimeoutError", status: undefined, message: "" }

/** An answer that lacks what it must have. */
export const incomplete: Failure = { code: "IncompleteAnswer", status: undefined, message: "" }

const codeForm = /^[A-Za-z][A-Za-z0-9._]{0,63}$/u

/** A code as it stands in an answer; whatever else stands in its place is none. */
export const codeOf = (text: string | undefined): string =>
  text !== undefined && codeForm.test(text) ? text : "Unknown"

/** Reads whatever an SDK or the network threw. */
export const fromUnknown = (thrown: unknown): Failure => {
  if (!Predicate.isObject(thrown)) return { code: "Unknown", status: undefined, message: "" }
  const metadata = "$metadata" in thrown && Predicate.isObject(thrown.$metadata) ? thrown.$metadata : {}
  const status = "httpStatusCode" in metadata ? metadata.httpStatusCode : undefined
  // A refusal that is known by name stands for itself; `fetch` puts the reason of the network into the cause.
  const causes = "cause" in thrown ? codesOf(thrown.cause) : []
  const own = codesOf(thrown).filter((code) => "cause" in thrown || !stumbles.has(code))
  // Who numbers its answers speaks as AWS does, even where the SDK finds no code in them, as with Ceph's gateway.
  const nameless = "requestId" in metadata && Predicate.isString(metadata.requestId) ? "Unnamed" : "Unknown"
  return {
    code: own.find(CallRefusal.isKnown) ?? causes[0] ?? own[0] ?? nameless,
    status: Predicate.isNumber(status) ? status : undefined,
    message: "message" in thrown && Predicate.isString(thrown.message) ? thrown.message : ""
  }
}

/** What an SDK throws that could make nothing of an answer: JavaScript's own words for it name no code of AWS. */
const stumbles = new Set(["TypeError", "RangeError", "SyntaxError"])

/** The code that a network error carries, and the name by which SDKs tell refusals apart. */
const codesOf = (thrown: unknown): ReadonlyArray<string> => {
  if (!Predicate.isObject(thrown)) return []
  const code = "code" in thrown ? thrown.code : undefined
  const name = "name" in thrown ? thrown.name : undefined
  return [code, name]
    .filter(Predicate.isString)
    .filter((text) => codeForm.test(text) && text !== "Error" && text !== "Unknown")
}

/** Whether the same call may succeed when it is made again. */
export const isTransient = ({ code, status = 0 }: Failure): boolean =>
  CallRefusal.isRetryable(code) || NetworkTrouble.passes(code) || status >= 500 || status === 429

/** Whether AWS says that it is asked too often, and that it did nothing. */
export const isThrottled = ({ code, status }: Failure): boolean => CallRefusal.isThrottled(code) || status === 429

/** Whether AWS may have done what was asked although it did not say so: such a call is not simply made again. */
export const isUncertain = ({ code, status = 0 }: Failure): boolean =>
  !CallRefusal.isThrottled(code) &&
  !NetworkTrouble.neverArrived(code) &&
  (NetworkTrouble.of(code) !== undefined || status >= 500 || unclear.has(code) || (code === "Unknown" && status < 300))

const unclear = new Set(["IncompleteAnswer", "AnswerTooLarge"])

export const toProviderError = (asked: Asked, failure: Failure): ProviderError => toError(refusal(asked, failure))

/** Why there is no login of the broker's own for a target. */
export const toLoginError = (target: AwsTarget, failure: Failure): ProviderError =>
  toProviderError(asked("the broker's own login", target), failure)

const refusal = (asked: Asked, failure: Failure): Refusal => {
  const ofLogin = failure.login === undefined ? undefined : LoginRefusal.of(failure.login.profile, failure)
  if (ofLogin !== undefined) return ofLogin
  const trouble = NetworkTrouble.of(failure.code)
  return trouble === undefined
    ? CallRefusal.of(asked, failure)
    : NetworkTrouble.refusal(trouble, asked.host, failure.code)
}
