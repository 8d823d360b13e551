/** What a plan fixes of a session: everything that equal requests have in common, so no times and no ids. */
import * as CompactJson from "@bailiwick/core/CompactJson"
import * as Policy from "@bailiwick/core/Policy"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Schema from "effect/Schema"

export const SessionDocument = Schema.Struct({
  call: Schema.Literals(["AssumeRole", "GetScopedCredentials"]),
  role: Schema.String,
  /** Seconds asked for. */
  lifetime: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)),
  /** The session policy, as AWS will hold it. */
  policy: Schema.Struct({ Version: Schema.Literal("2012-10-17"), Statement: Schema.Array(Schema.Json) }),
  /** The managed policies beside it, each with what the project record says that it grants. */
  managed: Schema.Array(
    Schema.Struct({ arn: Schema.String, profile: Schema.String, grants: Schema.Array(Policy.Statement) })
  )
})
export type SessionDocument = typeof SessionDocument.Type

export const arns = ({ managed }: SessionDocument): ReadonlyArray<string> => managed.map(({ arn }) => arn)

export const encode = (document: SessionDocument): string => CompactJson.encode(document)

export const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(SessionDocument), { onExcessProperty: "error" })

/** AssumeRole gives nothing shorter, in seconds. */
export const shortest = 900

/** And nothing longer, in seconds, to anybody; whatever is derived from a session ends with it. */
export const longest = 43_200

/** AWS gives a session no more when the caller acts in a role itself, in seconds. */
export const longestChained = 3600

/** A scoped session is nobody's to end before its time, so it is short, in seconds. */
export const longestScoped = 900

const endOf = (end: UnixTime.UnixTime): CompactJson.Value => ({
  Effect: "Deny",
  Action: "*",
  Resource: "*",
  Condition: { DateGreaterThanEqualsIfExists: { "aws:CurrentTime": UnixTime.toText(end) } }
})

/** The characters that an end inside the policy takes. */
export const endLength = CompactJson.encode(endOf(UnixTime.UnixTime.make(0))).length + 1

/**
 * The session policy as it is sent. With an `end` it denies everything from then on: so a session can be shorter than
 * AssumeRole gives, and ends with the chain to the second, whatever else would allow something.
 */
export const policyText = ({ policy }: SessionDocument, end: UnixTime.UnixTime | undefined): string => {
  const { Version, Statement } = policy
  return CompactJson.encode({ Version, Statement: end === undefined ? Statement : [...Statement, endOf(end)] })
}
