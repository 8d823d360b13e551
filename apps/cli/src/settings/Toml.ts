/** TOML files that people write, refused with the file, the line and what was probably meant. */
import * as Effect from "effect/Effect"
import * as Toml from "effect/encoding/Toml"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { type Failure, usage } from "../ui/Failure.ts"
import * as Suggest from "../ui/Suggest.ts"
import * as SchemaKeys from "./SchemaKeys.ts"
import * as TomlLines from "./TomlLines.ts"

export interface Source<S> {
  readonly path: string
  readonly text: string
  readonly schema: S
  /** What stands between the file and its schema, such as defaults; places must stay what they are. */
  readonly prepare?: (document: Readonly<Record<string, unknown>>) => unknown
  /** What to do about a value at this place. */
  readonly hint?: (keys: ReadonlyArray<string>) => string | undefined
}

/** Fails with exit code 2 and changes nothing; the message begins with `FILE:LINE:`. */
export const decode = <A>(source: Source<Schema.Codec<A, unknown>>): Effect.Effect<A, Failure> =>
  Effect.fromResult(
    Toml.parse(source.text).pipe(
      Result.mapError(({ message }) => syntax(source.path, message)),
      Result.flatMap((document) =>
        Result.mapError(
          Schema.decodeUnknownResult(source.schema, strictly)(source.prepare?.(document) ?? document),
          (error) => refused(source, error.issue)
        )
      )
    )
  )

const strictly = { onExcessProperty: "error", errors: "all" } as const

// The parser ends its messages with the place; compilers and editors want it in front.
const syntax = (path: string, message: string): Failure => {
  const [, what = message, line = "1"] = /^(.*) at line (\d+), column \d+$/u.exec(message) ?? []
  const hint = /^invalid value '[A-Za-z]/iu.test(what) ? 'a text stands in quotes, such as "aws"' : undefined
  return usage("bad-toml", `${path}:${line}: ${what.charAt(0).toLowerCase()}${what.slice(1)}`, hint)
}

const format = SchemaIssue.makeFormatterStandardSchemaV1()

// All issues are found, one is shown: a name that is not known, for others may follow from it, else the first in the file.
const refused = (source: Source<Schema.Top>, issue: SchemaIssue.Issue): Failure => {
  const issues = format(issue).issues.map(({ message, path = [] }) => {
    const keys = path.map((part) => String(typeof part === "object" ? part.key : part))
    const siblings = SchemaKeys.at(source.schema.ast, keys.slice(0, -1))
    const isUnknown = siblings.size > 0 && !siblings.has(keys.at(-1) ?? "")
    return { keys, message, line: TomlLines.locate(source.text, keys), siblings, isUnknown }
  })
  const order = (one: (typeof issues)[number]) => (one.isUnknown ? 0 : Number.MAX_SAFE_INTEGER / 2) + one.line
  const first = issues.reduce((left, right) => (order(right) < order(left) ? right : left))
  const name = first.keys.at(-1) ?? ""
  const where = `${source.path}:${first.line}:`
  if (first.isUnknown) {
    return usage(
      "unknown-key",
      `${where} ${first.keys.join(".")} is not known here`,
      Suggest.hint(name, first.siblings)
    )
  }
  const place = first.keys.join(".")
  const what = first.message === "Missing key" ? `${place} is missing` : `${place}: ${first.message}`
  return usage("bad-value", `${where} ${what}`, source.hint?.(first.keys))
}
