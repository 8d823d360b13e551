/** The condition block of somebody else's IAM document, where it says exactly what a policy's conditions can say. */
import * as Policy from "@bailiwick/core/Policy"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { quote } from "../Refusal.ts"

const Values = Schema.Union([Schema.String, Schema.Array(Schema.String)])

export const Block = Schema.Record(Schema.String, Schema.Record(Schema.String, Values))

export interface Misfit {
  readonly detail: string
  readonly hint: string
}

export interface Read {
  readonly conditions: Policy.Conditions | undefined
  /** The patterns of `s3:prefix`, which a policy writes as resources. */
  readonly prefixes: ReadonlyArray<string> | undefined
}

interface Options {
  readonly effect: "Allow" | "Deny"
  readonly variables: boolean
}

type Members = { -readonly [K in keyof typeof Policy.Conditions.Encoded]: (typeof Policy.Conditions.Encoded)[K] }

/** Reads a block; an empty one gives neither conditions nor prefixes. */
export const read = (block: typeof Block.Type, options: Options): Result.Result<Read, Misfit> =>
  Result.gen(function* () {
    const members: Members = {}
    let prefixes: ReadonlyArray<string> | undefined
    const seen = new Set<string>()
    for (const [operator, keys] of Object.entries(block)) {
      for (const [key, given] of Object.entries(keys)) {
        const values = yield* texts([given].flat(), options)
        const name = key.toLowerCase()
        if (seen.has(name)) return yield* misfit(`${quote(key)} stands twice`, "give one operator for each key")
        seen.add(name)
        if (name === "s3:prefix") prefixes = yield* prefix(operator, values)
        else Object.assign(members, yield* member(operator, key, values, options.effect, members))
      }
    }
    if (Object.keys(members).length === 0) return { conditions: undefined, prefixes }
    const conditions = yield* Result.mapError(Schema.decodeResult(Policy.Conditions)(members), (): Misfit => ({
      detail: "a condition has a value that no policy holds",
      hint: "give plain, canonical values"
    }))
    return { conditions, prefixes }
  })

const misfit = (detail: string, hint: string): Result.Result<never, Misfit> => Result.fail({ detail, hint })

const texts = (values: ReadonlyArray<string>, { variables }: Options) => {
  const variable = variables ? values.find((text) => text.includes("${")) : undefined
  return variable === undefined
    ? Result.succeed([...new Set(values)])
    : misfit(`${quote(variable)} holds a policy variable`, "write what the variable stands for")
}

const prefix = (operator: string, values: ReadonlyArray<string>): Result.Result<ReadonlyArray<string>, Misfit> => {
  const isExact = operator === "StringEquals" && !values.some((text) => /[*?]/u.test(text))
  if ((operator === "StringLike" || isExact) && !values.includes("")) return Result.succeed(values)
  return misfit(
    `${operator} on s3:prefix has no counterpart`,
    "use StringLike with the prefixes that may be listed, such as prefix/*"
  )
}

const member = (
  operator: string,
  key: string,
  values: ReadonlyArray<string>,
  effect: Options["effect"],
  { resource_tag }: Members
): Result.Result<Members, Misfit> => {
  const hasIfExists = operator.endsWith(ifExists)
  const operatorName = hasIfExists ? operator.slice(0, -ifExists.length) : operator
  if (hasIfExists !== (effect === "Deny")) {
    return misfit(
      `${operator} on ${quote(key)} treats a missing key otherwise than a policy does`,
      effect === "Deny" ? `write ${operatorName}IfExists: what is unknown is then denied` : `write ${operatorName}`
    )
  }
  const name = key.toLowerCase()
  if (operatorName === "IpAddress" && name === "aws:sourceip") return Result.succeed({ source_ip: values.map(network) })
  if (operatorName === "StringEquals" && name === "aws:sourcevpc") return Result.succeed({ vpc: values })
  if (operatorName === "StringEquals" && name === "aws:sourcevpce") return Result.succeed({ vpc_endpoint: values })
  if (operatorName === "StringEquals" && name.startsWith(tag)) {
    return Result.succeed({ resource_tag: { ...resource_tag, [key.slice(tag.length)]: values } })
  }
  const [only, ...others] = values
  if (operatorName === "DateLessThan" && name === "aws:currenttime" && only !== undefined && others.length === 0) {
    return Option.match(time(only), {
      onNone: () => misfit(`${quote(only)} is no whole second`, "write such as 2030-01-01T00:00:00Z"),
      onSome: (not_after) => Result.succeed({ not_after })
    })
  }
  return misfit(
    `${operator} on ${quote(key)} has no counterpart`,
    "the conditions are aws:SourceIp, aws:SourceVpc, aws:SourceVpce, aws:CurrentTime (DateLessThan) and aws:ResourceTag/…"
  )
}

const ifExists = "IfExists"
const tag = "aws:resourcetag/"

/** An address alone is a network of itself. */
const network = (text: string): string => (text.includes("/") ? text : `${text}/${text.includes(":") ? 128 : 32}`)

// RFC 3339 in UTC, or seconds: what Date.parse would guess from anything else, or carry over, is not taken.
const time = (text: string): Option.Option<UnixTime.UnixTime> => {
  const isSeconds = /^\d{1,12}$/u.test(text)
  const seconds = Schema.decodeOption(UnixTime.UnixTime)(isSeconds ? Number(text) : Date.parse(text) / 1000)
  return Option.filter(seconds, (found) => isSeconds || UnixTime.toText(found) === text.replace(/\.0+Z$/u, "Z"))
}
