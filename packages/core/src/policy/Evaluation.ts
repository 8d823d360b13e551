/**
 * One question about policies as a JSON line, and its answer: the doors `policy check`, `policy test` and `policy eval`.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as StrictJson from "../StrictJson.ts"
import * as Coverage from "./Coverage.ts"
import * as Inclusion from "./Inclusion.ts"
import * as SchemaText from "./SchemaText.ts"
import { Policy } from "./Statement.ts"

/** `{ parent, child }`: is the child inside the parent? */
const Narrowing = Schema.Struct({ parent: Policy, child: Policy })

/** `{ policy, provider, action, resource, context? }`: does the policy cover the request? */
const Covering = Schema.Struct({ policy: Policy, ...Coverage.Request.fields })

export type Answer = Inclusion.Inclusion | Coverage.Coverage | { readonly refused: string }

/** Two policies at their largest, freely spaced. */
export const maximumLineBytes = 256 * 1024

/** Answers one parsed line; what breaks a rule or a limit is refused in a few words, and so is an unknown member. */
export const evaluate = (line: unknown): Answer => {
  const isNarrowing =
    typeof line === "object" && line !== null && (Object.hasOwn(line, "parent") || Object.hasOwn(line, "child"))
  return isNarrowing
    ? answer(Narrowing, line, ({ child, parent }) => Inclusion.isSubset(child, parent))
    : answer(Covering, line, ({ policy, ...request }) => Coverage.covers(policy, request))
}

/** Answers one line of text, read strictly. */
export const evaluateText = (line: string): Answer =>
  Result.match(StrictJson.parse(line, { maxBytes: maximumLineBytes }), {
    onFailure: (error) => ({ refused: error.message }),
    onSuccess: evaluate
  })

const answer = <S extends Schema.Decoder<unknown>>(
  schema: S,
  line: unknown,
  onDecoded: (value: S["Type"]) => Answer
): Answer =>
  Result.match(Schema.decodeUnknownResult(schema, { onExcessProperty: "error" })(line), {
    onFailure: (error) => ({ refused: SchemaText.line(error) }),
    onSuccess: onDecoded
  })
