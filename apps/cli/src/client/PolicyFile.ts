/** Policies as people have them: the project's own JSON, or an IAM JSON document. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Policy from "@bailiwick/core/Policy"
import * as StrictJson from "@bailiwick/core/StrictJson"
import * as IamDocument from "@bailiwick/provider-aws/IamDocument"
import * as Document from "../input/Document.ts"
import { usage } from "../ui/Failure.ts"

const maximum = 4 * Policy.maximumBytes

/** Reads a file, or standard input as `-`. An IAM document is taken only where the algebra says exactly the same. */
export const read = Effect.fnUntraced(function* (path: string) {
  const bytes = yield* Document.read(path, maximum)
  const json = StrictJson.parseBytes(bytes, { maxBytes: maximum })
  const isIam = Result.isSuccess(json) && IamDocument.isLike(json.success)
  const policy = isIam
    ? yield* Effect.fromResult(
        Result.mapError(IamDocument.fromJson(json.success), ({ detail, hint }) =>
          usage("bad-document", `${Document.named(path)} cannot be taken as it stands: ${detail}`, hint)
        )
      )
    : yield* Effect.mapError(
        Document.decode({ path, what: "policy", schema: Policy.Policy, maximum }, bytes),
        ({ code, message }) => usage(code, message, "give an IAM document, or a policy as explain --json shows it")
      )
  return { policy, isIam }
})
