/** Policies of AWS for tests. */
import * as Policy from "@bailiwick/core/Policy"
import * as Actions from "@bailiwick/provider-aws/Actions"
import * as PolicyDocument from "@bailiwick/provider-aws/PolicyDocument"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

type Fields = Partial<typeof Policy.Statement.Encoded>

const statement = (fields: Fields): typeof Policy.Statement.Encoded => ({
  provider: "aws",
  actions: ["s3:GetObject"],
  resources: ["arn:aws:s3:::acme/*"],
  ...fields
})

/** Statements of which only what a test is about need be said; judged by the schema. */
export const policy = (statements: ReadonlyArray<Fields> = [{}], deny: ReadonlyArray<Fields> = []): Policy.Policy =>
  Schema.decodeUnknownSync(Policy.Policy)({ statements: statements.map(statement), deny: deny.map(statement) })

export const parsed = (allow: string, resource: string, deny?: string): Policy.Policy =>
  Result.getOrThrow(Policy.parse("aws", { allow, resource, ...(deny === undefined ? {} : { deny }) }))

type Changes = Partial<Omit<PolicyDocument.Options, "table">>

export const compile = (of: Policy.Policy, changes: Changes = {}) =>
  Effect.flatMap(Actions.load, (table) =>
    Effect.fromResult(
      PolicyDocument.compile(of, {
        table,
        partition: "aws",
        room: PolicyDocument.maximumLength,
        permitted: [],
        managed: [],
        ...changes
      })
    )
  )

export const statementsOf = (text: string): ReadonlyArray<unknown> => JSON.parse(text).Statement
