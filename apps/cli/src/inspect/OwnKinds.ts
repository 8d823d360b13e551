/** The kinds of ours that no single room speaks for: a log, its checkpoint, the record of a credential session. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as Checkpoint from "@bailiwick/audit/Checkpoint"
import * as LogLine from "@bailiwick/audit/LogLine"
import * as LogVerify from "@bailiwick/audit/LogVerify"
import { CredentialSession } from "@bailiwick/core/CredentialSession"
import * as StrictJson from "@bailiwick/core/StrictJson"
import type * as Inspect from "@bailiwick/tokens/Inspect"
import type { Answer } from "./Answer.ts"

export const inspect = Effect.fnUntraced(function* (request: Inspect.Request) {
  return Option.orElse(yield* log(request), () => Option.orElse(checkpoint(request), () => credentialSession(request)))
})

const answer = (kind: string, verdict: Inspect.Verdict, reason: string, value: unknown): Answer => ({
  kind,
  profile: "bailiwick",
  verdict,
  reason,
  value
})

const otherProject = "this belongs to another project"

/** Lines of a log: that they chain is seen without a key, that their end is the end is not. */
const log = Effect.fnUntraced(function* ({ input, project }: Inspect.Request) {
  const [head = ""] = input.split("\n", 1)
  const first = LogLine.read(head)
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
      ? answer("log", "unverified", "the lines chain; no checkpoint and key say that they are all", value)
      : answer("log", "refused", `line ${firstBad.line}: ${firstBad.why}`, value)
  )
})

const checkpoint = ({ input, project }: Inspect.Request): Option.Option<Answer> =>
  input.startsWith("bailiwick/")
    ? Option.some(
        Result.match(Checkpoint.parse(input), {
          onFailure: (error) => answer("checkpoint", "refused", error.message, null),
          onSuccess: ({ head, origin }) =>
            project === undefined || origin === Checkpoint.origin(project)
              ? answer("checkpoint", "unverified", "the log's key was not given", { origin, ...head })
              : answer("checkpoint", "refused", otherProject, { origin, ...head })
        })
      )
    : Option.none()

const credentialSession = ({ input, project }: Inspect.Request): Option.Option<Answer> =>
  Option.map(Result.getSuccess(StrictJson.decode(CredentialSession, input, { maxBytes: 64 * 1024 })), (value) =>
    project === undefined || value.project_id === project
      ? answer("credential-session", "unverified", "a record of a session is not signed; a receipt is", value)
      : answer("credential-session", "refused", otherProject, value)
  )
