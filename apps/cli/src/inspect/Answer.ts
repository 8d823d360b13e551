/** Asks the rooms in turn what a piece of text is; nothing here touches any state. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as Checkpoint from "@bailiwick/audit/Checkpoint"
import * as LogLine from "@bailiwick/audit/LogLine"
import * as LogVerify from "@bailiwick/audit/LogVerify"
import { CredentialSession } from "@bailiwick/core/CredentialSession"
import * as StrictJson from "@bailiwick/core/StrictJson"
import * as Inspect from "@bailiwick/tokens/Inspect"

/** The largest document that is looked at, in bytes: a receipt, or the log of a large project. */
export const maximum = 64 * 1024 * 1024

export interface Answer {
  readonly kind: string
  readonly profile: Inspect.Profile
  readonly verdict: Inspect.Verdict
  readonly reason?: string
  readonly value: unknown
}

export const inspect = Effect.fnUntraced(function* (request: Inspect.Request) {
  // One line end belongs to the file that a token came in; to a log it is its own.
  const known = yield* Inspect.inspect({ ...request, input: request.input.replace(/\r?\n$/u, "") })
  if (Option.isSome(known)) return { ...known.value } satisfies Answer
  if (request.profile === undefined || request.profile === "bailiwick") {
    const found = Option.orElse(yield* log(request), () =>
      Option.orElse(checkpoint(request), () => credentialSession(request))
    )
    if (Option.isSome(found)) return found.value
  }
  return refused(
    "unknown",
    request.profile ?? "bailiwick",
    "this is nothing that bailiwick or its ancestors write",
    null
  )
})

const refused = (kind: string, profile: Inspect.Profile, reason: string, value: unknown): Answer => ({
  kind,
  profile,
  verdict: "refused",
  reason,
  value
})

const unverified = (kind: string, reason: string, value: unknown): Answer => ({
  kind,
  profile: "bailiwick",
  verdict: "unverified",
  reason,
  value
})

/** Lines of a log: that they chain is seen without a key, that their end is the end is not. */
const log = Effect.fnUntraced(function* ({ input, project }: Inspect.Request) {
  const first = LogLine.read(input.slice(0, (input.indexOf("\n") + 1 || input.length + 1) - 1))
  if (Result.isFailure(first)) return Option.none<Answer>()
  const own = first.success.project
  const lines = Stream.make(new TextEncoder().encode(input))
  const { firstBad, root, size } = yield* LogVerify.verifyExport({
    project: project ?? own,
    keys: [],
    lines,
    checkpoint: ""
  })
  const value = { project: own, size, root }
  return Option.some(
    firstBad === undefined
      ? unverified("log", "the lines chain; no checkpoint and key say that they are all", value)
      : refused("log", "bailiwick", `line ${firstBad.line}: ${firstBad.why}`, value)
  )
})

const checkpoint = ({ input, project }: Inspect.Request): Option.Option<Answer> =>
  input.startsWith("bailiwick/")
    ? Option.some(
        Result.match(Checkpoint.parse(input), {
          onFailure: (error) => refused("checkpoint", "bailiwick", error.message, null),
          onSuccess: ({ head, origin }) =>
            project === undefined || origin === Checkpoint.origin(project)
              ? unverified("checkpoint", "the log's key was not given", { origin, ...head })
              : refused("checkpoint", "bailiwick", "this belongs to another project", { origin, ...head })
        })
      )
    : Option.none()

const credentialSession = ({ input, project }: Inspect.Request): Option.Option<Answer> =>
  Option.map(Result.getSuccess(StrictJson.decode(CredentialSession, input, { maxBytes: 64 * 1024 })), (value) =>
    project === undefined || value.project_id === project
      ? unverified("credential-session", "a record of a session is not signed; a receipt is", value)
      : refused("credential-session", "bailiwick", "this belongs to another project", value)
  )
