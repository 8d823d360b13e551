/** Policies and requests for tests. */
import * as Policy from "@bailiwick/core/Policy"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

export const decode = Schema.decodeUnknownResult(Policy.Policy, { onExcessProperty: "error" })

type Fields = Partial<typeof Policy.Statement.Encoded>

/** A statement of which only what a test is about need be said. */
export const statement = (fields: Fields = {}): typeof Policy.Statement.Encoded => ({
  provider: "aws",
  actions: ["s3:GetObject"],
  resources: ["arn:aws:s3:::b/*"],
  ...fields
})

export const policy = (statements: ReadonlyArray<Fields> = [{}], deny: ReadonlyArray<Fields> = []): Policy.Policy =>
  Result.getOrThrow(decode({ statements: statements.map(statement), deny: deny.map(statement) }))
