/**
 * What conditions say: whether they hold for a request, whether one set is wider than another, and where two meet.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Conditions, type Context } from "./Condition.ts"
import * as Name from "./Name.ts"
import * as Network from "./Network.ts"

type Tags<A> = Readonly<Record<string, A>>

const taggedAs = <A>(tags: Tags<A> | undefined, key: string): A | undefined =>
  Object.entries(tags ?? {}).find(([name]) => Name.fold(name) === Name.fold(key))?.[1]

/** Whether conditions hold, as far as is known. */
export type Truth = "true" | "false" | "unknown"

/** Every condition must hold; one that is known to be false decides, whatever else is unknown. */
export const holds = (conditions: Conditions | undefined, context: Context): Truth => {
  const truths = new Set([
    known(conditions?.source_ip, addressOf(context), (networks, address) =>
      networks.some((network) => Network.isInside(address, Network.readUnsafe(network)))
    ),
    known(conditions?.vpc, context.vpc, (ids, id) => ids.includes(id)),
    known(conditions?.vpc_endpoint, context.vpc_endpoint, (ids, id) => ids.includes(id)),
    known(conditions?.not_after, context.time, (end, time) => time < end),
    ...Object.entries(conditions?.resource_tag ?? {}).map(([key, values]) =>
      known(values, taggedAs(context.resource_tag, key), (allowed, value) => allowed.includes(value))
    )
  ])
  return truths.has("false") ? "false" : truths.has("unknown") ? "unknown" : "true"
}

const known = <A, B>(
  condition: A | undefined,
  value: B | undefined,
  test: (condition: A, value: B) => boolean
): Truth => {
  if (condition === undefined) return "true"
  if (value === undefined) return "unknown"
  return test(condition, value) ? "true" : "false"
}

/** A text that is no address is as good as none. */
const addressOf = ({ source_ip }: Context): Network.Network | undefined =>
  source_ip === undefined ? undefined : Option.getOrUndefined(Network.readAddress(source_ip))

/** Conditions made ready for many comparisons. */
export interface Terms {
  readonly conditions: Conditions | undefined
  readonly networks: ReadonlyArray<Network.Network> | undefined
}

export const read = (conditions: Conditions | undefined): Terms => ({
  conditions,
  networks: conditions?.source_ip?.map(Network.readUnsafe)
})

/** The names of the conditions of `outer` that `inner` lacks or has wider; empty when `inner` is no wider. */
export const wider = (inner: Terms, outer: Terms): ReadonlyArray<string> => {
  const names: Array<string> = []
  const compare = <A>(
    name: string,
    ours: A | undefined,
    theirs: A | undefined,
    fits: (ours: A, theirs: A) => boolean
  ) => {
    if (theirs !== undefined && (ours === undefined || !fits(ours, theirs))) names.push(name)
  }
  const { conditions: ours } = inner
  const { conditions: theirs } = outer
  compare("source_ip", inner.networks, outer.networks, (networks, others) =>
    networks.every((network) => others.some((other) => Network.isInside(network, other)))
  )
  compare("vpc", ours?.vpc, theirs?.vpc, isSubset)
  compare("vpc_endpoint", ours?.vpc_endpoint, theirs?.vpc_endpoint, isSubset)
  compare("not_after", ours?.not_after, theirs?.not_after, (end, other) => end <= other)
  for (const [key, values] of Object.entries(theirs?.resource_tag ?? {})) {
    compare(`resource_tag ${key}`, taggedAs(ours?.resource_tag, key), values, isSubset)
  }
  return names
}

const isSubset = (values: ReadonlyArray<string>, others: ReadonlyArray<string>): boolean =>
  values.every((value) => others.includes(value))

/** The networks of the first list that lie inside one of the second. */
export const networksInside = (inner: ReadonlyArray<string>, outer: ReadonlyArray<string>): ReadonlyArray<string> => {
  const networks = outer.map(Network.readUnsafe)
  return inner.filter((text) => {
    const network = Network.readUnsafe(text)
    return networks.some((other) => Network.isInside(network, other))
  })
}

/** The conditions that hold exactly where both hold; `None` when that is nowhere, or more than a statement can say. */
export const meet = (
  left: Conditions | undefined,
  right: Conditions | undefined
): Option.Option<Conditions | undefined> => {
  if (left === undefined || right === undefined) return Option.some(left ?? right)
  const both: Conditions = {
    ...entry("source_ip", either(left.source_ip, right.source_ip, commonNetworks)),
    ...entry("vpc", either(left.vpc, right.vpc, common)),
    ...entry("vpc_endpoint", either(left.vpc_endpoint, right.vpc_endpoint, common)),
    ...entry(
      "not_after",
      either(left.not_after, right.not_after, (one, other) => (one < other ? one : other))
    ),
    ...entry("resource_tag", either(left.resource_tag, right.resource_tag, commonTags))
  }
  return Schema.is(Conditions)(both) ? Option.some(both) : Option.none()
}

const either = <A>(left: A | undefined, right: A | undefined, both: (left: A, right: A) => A): A | undefined =>
  left === undefined ? right : right === undefined ? left : both(left, right)

const entry = <K extends string, A>(name: K, value: A | undefined): { readonly [P in K]?: A } =>
  value === undefined ? {} : ({ [name]: value } as { readonly [P in K]: A }) // TypeScript widens a computed name

const common = (left: ReadonlyArray<string>, right: ReadonlyArray<string>): ReadonlyArray<string> =>
  left.filter((value) => right.includes(value))

const commonNetworks = (left: ReadonlyArray<string>, right: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...new Set([...networksInside(left, right), ...networksInside(right, left)])
]

const commonTags = (
  left: Tags<ReadonlyArray<string>>,
  right: Tags<ReadonlyArray<string>>
): Tags<ReadonlyArray<string>> =>
  Object.fromEntries([
    ...Object.entries(left).map(([key, values]) => [key, common(values, taggedAs(right, key) ?? values)] as const),
    ...Object.entries(right).filter(([key]) => taggedAs(left, key) === undefined)
  ])
