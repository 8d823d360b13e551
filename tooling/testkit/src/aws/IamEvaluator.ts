/**
 * What AWS decides about a request under identity policies, session policies and a boundary: an own, small evaluator after
 * the IAM user guide, for tests that observe an enforcement instead of asserting on texts.
 *
 * Variables exist only under version 2012-10-17; several policies of one kind count together; any matching denial wins.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as IamConditions from "./IamConditions.ts"
import * as IamPattern from "./IamPattern.ts"

export class MalformedPolicy extends Schema.TaggedError<MalformedPolicy>()("MalformedPolicy", {
  detail: Schema.String
}) {
  override get message() {
    return this.detail
  }
}

const OneOrMore = Schema.Union([Schema.String, Schema.Array(Schema.String)])
const Scalar = Schema.Union([Schema.String, Schema.Number, Schema.Boolean])
const Condition = Schema.Record(
  Schema.String,
  Schema.Record(Schema.String, Schema.Union([Scalar, Schema.Array(Scalar)]))
)

const StatementText = Schema.Struct({
  // IAM user guide, "IAM JSON policy elements: Sid".
  Sid: Schema.optionalKey(Schema.String.check(Schema.isPattern(/^[A-Za-z0-9]*$/u))),
  Effect: Schema.Literals(["Allow", "Deny"]),
  Action: Schema.optionalKey(OneOrMore),
  NotAction: Schema.optionalKey(OneOrMore),
  Resource: Schema.optionalKey(OneOrMore),
  NotResource: Schema.optionalKey(OneOrMore),
  Condition: Schema.optionalKey(Condition)
})

const DocumentText = Schema.fromJsonString(
  Schema.Struct({
    Version: Schema.optionalKey(Schema.Literals(["2012-10-17", "2008-10-17"])),
    Id: Schema.optionalKey(Schema.String),
    Statement: Schema.Union([StatementText, Schema.Array(StatementText)])
  })
)

const decode = Schema.decodeResult(DocumentText, { onExcessProperty: "error" })

interface Part {
  readonly negated: boolean
  readonly patterns: ReadonlyArray<string>
}

export interface Statement {
  readonly effect: "Allow" | "Deny"
  readonly action: Part
  readonly resource: Part
  readonly condition: IamConditions.Block
}

export interface Document {
  readonly variables: boolean
  readonly statements: ReadonlyArray<Statement>
}

const malformed = (detail: string): never => {
  throw new MalformedPolicy({ detail })
}

const part = (
  yes: string | ReadonlyArray<string> | undefined,
  no: string | ReadonlyArray<string> | undefined,
  name: string
): Part => {
  const given = yes ?? no
  if (given === undefined || (yes !== undefined && no !== undefined)) return malformed(`one of ${name}, Not${name}`)
  return { negated: yes === undefined, patterns: [given].flat() }
}

const readStatement = (text: typeof StatementText.Type): Statement => {
  const action = part(text.Action, text.NotAction, "Action")
  const resource = part(text.Resource, text.NotResource, "Resource")
  if (!action.patterns.every((one) => /^\*+$|^[\w-]+:[\w*?-]+$/u.test(one))) return malformed("a vendor with wildcards")
  if (!resource.patterns.every((one) => /^\*+$|^arn:[^*?:]+:[^*?:]+(?::|$)/u.test(one))) return malformed("a resource")
  const operators = Object.keys(text.Condition ?? {})
  const unknown = operators.find((operator) => !IamConditions.isOperator(operator))
  if (unknown !== undefined) return malformed(`operator ${unknown}`)
  const condition = Object.fromEntries(
    Object.entries(text.Condition ?? {}).map(([operator, keys]) => [
      operator,
      Object.fromEntries(Object.entries(keys).map(([key, values]) => [key, [values].flat().map(String)]))
    ])
  )
  return { effect: text.Effect, action, resource, condition }
}

/** Reads a document as AWS does; throws {@link MalformedPolicy}. */
export const parse = (text: string): Document => {
  const decoded = decode(text)
  if (Result.isFailure(decoded)) return malformed(decoded.failure.message)
  const document = decoded.success
  const statements = [document.Statement].flat()
  const names = statements.flatMap(({ Sid }) => Sid ?? [])
  if (new Set(names).size < names.length) return malformed("Statement IDs (SID) in a single policy must be unique.")
  return { variables: document.Version === "2012-10-17", statements: statements.map(readStatement) }
}

export interface Request {
  readonly action: string
  /** An ARN, or `*` for an action that takes no resource. */
  readonly resource: string
  readonly context: IamPattern.Context
}

const speaksOf = ({ variables }: Document, statement: Statement, { action, resource, context }: Request): boolean => {
  const isAction = statement.action.patterns.some((pattern) => {
    const tokens = IamPattern.read(pattern.toLowerCase(), { context, variables: false, wildcards: true })
    return tokens !== undefined && IamPattern.matches(tokens, action.toLowerCase())
  })
  const read = statement.resource.patterns.map((pattern) =>
    IamPattern.read(pattern, { context, variables, wildcards: true })
  )
  const isResource = read.some((tokens) => tokens !== undefined && IamPattern.matchesResource(tokens, resource))
  // NotResource with a variable that has no value would otherwise match everything.
  if (statement.resource.negated && read.includes(undefined)) return false
  return (
    isAction !== statement.action.negated &&
    isResource !== statement.resource.negated &&
    IamConditions.hold(statement.condition, { context, variables })
  )
}

const has = (documents: ReadonlyArray<Document>, effect: Statement["effect"], request: Request): boolean =>
  documents.some((document) =>
    document.statements.some((statement) => statement.effect === effect && speaksOf(document, statement, request))
  )

export interface Policies {
  readonly identity: ReadonlyArray<Document>
  /** Absent: the session has none, and holds the whole role. */
  readonly session?: ReadonlyArray<Document>
  readonly boundary?: ReadonlyArray<Document>
}

/** Whether one of them denies it by a statement. */
export const denies = (documents: ReadonlyArray<Document>, request: Request): boolean => has(documents, "Deny", request)

export type Decision = "allowed" | "explicit-deny" | "no-identity-allow" | "no-session-allow" | "no-boundary-allow"

/** Explicit denials first; then an identity policy, the session policies and the boundary must each allow. */
export const decide = ({ identity, session, boundary }: Policies, request: Request): Decision => {
  if (denies([...identity, ...(session ?? []), ...(boundary ?? [])], request)) return "explicit-deny"
  if (!has(identity, "Allow", request)) return "no-identity-allow"
  if (session !== undefined && !has(session, "Allow", request)) return "no-session-allow"
  if (boundary !== undefined && !has(boundary, "Allow", request)) return "no-boundary-allow"
  return "allowed"
}
