/** Condition blocks of IAM policies: operators, several values, absent keys. */
import { BlockList, isIP } from "node:net"
import * as IamPattern from "./IamPattern.ts"

export type Block = Readonly<Record<string, Readonly<Record<string, ReadonlyArray<string>>>>>

interface Reading {
  readonly context: IamPattern.Context
  readonly variables: boolean
}

type Test = (value: string, tokens: ReadonlyArray<IamPattern.Token>) => boolean

const textOf = (tokens: ReadonlyArray<IamPattern.Token>): string =>
  tokens.map((token) => (token.kind === "literal" ? token.text : token.kind === "any" ? "*" : "?")).join("")

const plain =
  (test: (value: string, wanted: string) => boolean): Test =>
  (value, tokens) =>
    test(value, textOf(tokens))

const numeric = (test: (value: number, wanted: number) => boolean): Test =>
  plain((value, wanted) => value !== "" && wanted !== "" && test(Number(value), Number(wanted)))

const epoch = (text: string): number => (/^\d+$/u.test(text) ? Number(text) : Date.parse(text) / 1000)

const date = (test: (value: number, wanted: number) => boolean): Test =>
  plain((value, wanted) => test(epoch(value), epoch(wanted)))

const inNetwork: Test = plain((value, wanted) => {
  const [network = "", mask] = wanted.split("/")
  const family = isIP(network) === 6 ? "ipv6" : "ipv4"
  const list = new BlockList()
  list.addSubnet(network, mask === undefined ? (family === "ipv6" ? 128 : 32) : Number(mask), family)
  // A BlockList finds IPv4 addresses in `::/0` too, as the IPv6 ones that carry them.
  if (isIP(value) === 4 && family === "ipv6") return false
  return isIP(value) !== 0 && list.check(value, isIP(value) === 6 ? "ipv6" : "ipv4")
})

const equals: Test = plain((value, wanted) => value === wanted)
const equalsIgnoreCase: Test = plain((value, wanted) => value.toLowerCase() === wanted.toLowerCase())
const like: Test = (value, tokens) => IamPattern.matches(tokens, value)
const arn: Test = (value, tokens) => IamPattern.matchesArn(tokens, value)

interface Operator {
  readonly test: Test
  readonly negated?: true
  readonly wildcards?: true
}

const operators: Readonly<Record<string, Operator>> = {
  StringEquals: { test: equals },
  StringNotEquals: { test: equals, negated: true },
  StringEqualsIgnoreCase: { test: equalsIgnoreCase },
  StringNotEqualsIgnoreCase: { test: equalsIgnoreCase, negated: true },
  StringLike: { test: like, wildcards: true },
  StringNotLike: { test: like, negated: true, wildcards: true },
  ArnEquals: { test: arn, wildcards: true },
  ArnLike: { test: arn, wildcards: true },
  ArnNotEquals: { test: arn, negated: true, wildcards: true },
  ArnNotLike: { test: arn, negated: true, wildcards: true },
  NumericEquals: { test: numeric((value, wanted) => value === wanted) },
  NumericNotEquals: { test: numeric((value, wanted) => value === wanted), negated: true },
  NumericLessThan: { test: numeric((value, wanted) => value < wanted) },
  NumericLessThanEquals: { test: numeric((value, wanted) => value <= wanted) },
  NumericGreaterThan: { test: numeric((value, wanted) => value > wanted) },
  NumericGreaterThanEquals: { test: numeric((value, wanted) => value >= wanted) },
  DateEquals: { test: date((value, wanted) => value === wanted) },
  DateNotEquals: { test: date((value, wanted) => value === wanted), negated: true },
  DateLessThan: { test: date((value, wanted) => value < wanted) },
  DateLessThanEquals: { test: date((value, wanted) => value <= wanted) },
  DateGreaterThan: { test: date((value, wanted) => value > wanted) },
  DateGreaterThanEquals: { test: date((value, wanted) => value >= wanted) },
  Bool: { test: equalsIgnoreCase },
  BinaryEquals: { test: equals },
  IpAddress: { test: inNetwork },
  NotIpAddress: { test: inNetwork, negated: true }
}

const name = /^(ForAllValues:|ForAnyValue:)?([A-Za-z]+?)(IfExists)?$/u

/** Whether IAM knows the operator: a policy with another one is malformed. */
export const isOperator = (text: string): boolean => {
  const [, , base = "", ifExists] = name.exec(text) ?? []
  return Object.hasOwn(operators, base) || (base === "Null" && ifExists === undefined)
}

/** Whether every key under every operator holds. */
export const hold = (block: Block, reading: Reading): boolean =>
  Object.entries(block).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) => holds(operator, key, wanted, reading))
  )

const holds = (text: string, key: string, wanted: ReadonlyArray<string>, reading: Reading): boolean => {
  const [, quantifier, base = "", ifExists] = name.exec(text) ?? []
  const values = IamPattern.valuesOf(reading.context, key)
  if (base === "Null") return wanted.some((value) => (value === "true") === (values === undefined))
  const operator = operators[base]
  if (operator === undefined) return false
  if (values === undefined || values.length === 0) {
    if (ifExists !== undefined) return true
    return quantifier === undefined ? operator.negated === true : quantifier === "ForAllValues:"
  }
  // Variables exist under operators of texts and ARNs alone (IAM user guide, "Where you can use policy variables").
  const variables = reading.variables && /^(?:String|Arn)/u.test(base)
  const wildcards = operator.wildcards === true
  const read = wanted.map((value) => IamPattern.read(value, { context: reading.context, variables, wildcards }))
  // A variable without a value: the statement does not match, whatever the operator.
  const tokens = read.filter((each) => each !== undefined)
  if (tokens.length < read.length) return false
  const isMet = (value: string) => tokens.some((each) => operator.test(value, each)) !== (operator.negated === true)
  return quantifier === "ForAllValues:" || operator.negated === true
    ? quantifier === "ForAnyValue:"
      ? values.some(isMet)
      : values.every(isMet)
    : values.some(isMet)
}
