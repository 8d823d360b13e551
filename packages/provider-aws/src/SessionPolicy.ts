/**
 * The text of a session policy, which is all that stands between a session and its whole role: STS takes an AssumeRole
 * without one, and then gives everything.
 *
 * Every call that asks for a session takes this type, and looks at the text once more before it is sent.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

const Names = Schema.Union([Schema.NonEmptyString, Schema.NonEmptyArray(Schema.NonEmptyString)])

// What is written in any other way (`NotAction`, no resource) was not written by the compiler.
const Document = Schema.fromJsonString(
  Schema.Struct({
    Version: Schema.Literal("2012-10-17"),
    Statement: Schema.NonEmptyArray(
      Schema.Struct({ Effect: Schema.Literals(["Allow", "Deny"]), Action: Names, Resource: Names })
    )
  })
)

const decode = Schema.decodeUnknownOption(Document)

/** At least one statement, in the characters and the length that AssumeRole takes (STS API reference, `Policy`). */
export const SessionPolicy = Schema.String.check(
  Schema.isPattern(/^[\t\n\r\u0020-\u00ff]{1,2048}$/u),
  Schema.makeFilter((text: string) => Option.isSome(decode(text)) || "no session policy")
).pipe(Schema.brand("SessionPolicy"))
export type SessionPolicy = typeof SessionPolicy.Type

export const fromText = Schema.decodeUnknownOption(SessionPolicy)

export const is = Schema.is(SessionPolicy)
