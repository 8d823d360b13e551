/**
 * How a failure of any room is told: `bailiwick: message`, then `hint: …`; with `--json` one JSON object on stderr.
 *
 * Rooms name their own reasons, sentences and hints. This file adds only what a shell needs: codes and exit codes.
 */
import * as CliError from "effect/cli/CliError"
import * as PlatformError from "effect/PlatformError"
import * as Predicate from "effect/Predicate"
import * as BrokerError from "@bailiwick/broker/BrokerError"
import * as TokenError from "@bailiwick/tokens/TokenError"
import * as Exits from "./Exits.ts"
import { ExitCode } from "./ExitCode.ts"
import { Ended, Failure } from "./Failure.ts"
import * as Invocation from "./Invocation.ts"
import * as Shown from "./Shown.ts"

/** The failure behind an error, or the bare exit code if everything has been said. */
export const explain = (error: unknown): Failure | Ended => {
  if (error instanceof Failure || error instanceof Ended) return error
  if (CliError.isCliError(error)) return Invocation.explain(error)
  if (!isTagged(error)) return defect
  if (error instanceof PlatformError.PlatformError) return ofPlatform(error)
  if (error instanceof TokenError.TokenError) return ofToken(error)
  if (error instanceof BrokerError.BrokerError && error.reason._tag === "TokenRefused")
    return ofToken(error.reason.error)
  const reason = Predicate.hasProperty(error, "reason") ? error.reason : undefined
  const code = (isTagged(reason) ? text(reason, "code") : undefined) ?? codeOf(error._tag, reason)
  const exit = Exits.of(error._tag, code)
  const message = text(error, "message")
  const hint = text(error, "hint") ?? (isTagged(reason) ? text(reason, "hint") : undefined)
  if (exit === undefined || message === undefined) return defect
  return new Failure({ code, message, exit, ...(hint === undefined ? {} : { hint }) })
}

export const render = (failure: Failure, json: boolean): string => {
  const message = Shown.message(failure.message)
  const hint = failure.hint === undefined ? undefined : Shown.message(failure.hint)
  if (json) return Shown.json({ error: { code: failure.code, message, ...(hint === undefined ? {} : { hint }) } })
  return hint === undefined ? `bailiwick: ${message}` : `bailiwick: ${message}\nhint: ${hint}`
}

/** Whatever nobody foresaw: its text may hold anything, so none of it is shown. */
export const defect = new Failure({
  code: "defect",
  message: "something went wrong that should not be possible",
  hint: "nothing was handed out; set BAILIWICK_DEBUG=1, run it again and report what it prints",
  exit: ExitCode.defect
})

/** The broker's code for it, where it has one of its own; else the reason's. */
const ofToken = (error: TokenError.TokenError): Failure => {
  const { code } = BrokerError.fromToken(error)
  const own = code === "token-refused" ? codeOf(error._tag, error.reason) : code
  return new Failure({ code: own, message: error.message, hint: error.hint, exit: Exits.ofToken(error) })
}

// The system's own words name calls and numbers; people need the file and what to do.
const ofPlatform = ({ reason }: PlatformError.PlatformError): Failure => {
  const path = "pathOrDescriptor" in reason ? reason.pathOrDescriptor : undefined
  const what = kebab(reason._tag).replaceAll("-", " ")
  return new Failure({
    code: codeOf("PlatformError", reason),
    message: path === undefined ? `the system refused a request: ${what}` : `${path}: ${what}`,
    hint: "check that it is there, who owns it, and the free space",
    exit: ExitCode.store
  })
}

interface Tagged {
  readonly _tag: string
}

const isTagged = (value: unknown): value is Tagged =>
  Predicate.hasProperty(value, "_tag") && typeof value._tag === "string"

// `StoreError` with reason `Damaged`, a word or a tagged object, is told as `store-damaged`.
const codeOf = (tag: string, reason: unknown): string => {
  const family = kebab(tag.replace(/Error$/u, ""))
  const word = isTagged(reason) ? reason._tag : reason
  return typeof word === "string" ? `${family}-${kebab(word)}` : family
}

const text = (value: object, name: string): string | undefined => {
  const member = Predicate.hasProperty(value, name) ? value[name] : undefined
  return typeof member === "string" && member !== "" ? member : undefined
}

const kebab = (name: string): string => name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/gu, "-").toLowerCase()
