/**
 * What conditions say: whether they hold for a request, whether one set is wider than another, and where two meet.
 */
import * as IpNetwork from "effect/net/IpNetwork"
import * as NetAddress from "effect/net/NetAddress"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Conditions, type Context } from "./Condition.ts"
import * as Name from "./Name.ts"

type Tags<A> = Readonly<Record<string, A>>

const taggedAs = <A>(tags: Tags<A> | undefined, key: string): A | undefined =>
  Object.entries(tags ?? {}).find(([name]) => Name.fold(name) === Name.fold(key))?.[1]

/** Whether conditions hold, as far as is known. */
export type Truth = "true" | "false" | "unknown"

/** Every condition must hold; one that is known to be false decides, whatever else is unknown. */
export const holds = (conditions: Conditions | undefined, context: Context): Truth => {
  const truths = new Set([
    known(conditions?.source_ip, addressOf(context), isWithin),
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

/** The address of a request, unknown when it is no address; an IPv4-mapped one is the IPv4 address that it carries. */
const addressOf = ({ source_ip }: Context): NetAddress.IpAddress | undefined =>
  source_ip === undefined
    ? undefined
    : Result.getOrUndefined(
        Result.map(NetAddress.ipFromString(source_ip), (address) => NetAddress.toCanonical(address))
      )

const isWithin = (networks: ReadonlyArray<string>, address: NetAddress.IpAddress): boolean =>
  networks.some((network) => IpNetwork.contains(IpNetwork.fromStringUnsafe(network), address))

/** Whether one network lies inside another. */
export const isInsideNetwork = (network: string, other: string): boolean =>
  IpNetwork.containsNetwork(IpNetwork.fromStringUnsafe(other), IpNetwork.fromStringUnsafe(network))

const isSubset = (values: ReadonlyArray<string>, others: ReadonlyArray<string>): boolean =>
  values.every((value) => others.includes(value))

/** The names of the conditions of `parent` that `child` lacks or has wider; empty when `child` is no wider. */
export const wider = (child: Conditions | undefined, parent: Conditions | undefined): ReadonlyArray<string> => {
  const names: Array<string> = []
  const compare = <A>(
    name: string,
    ours: A | undefined,
    theirs: A | undefined,
    fits: (ours: A, theirs: A) => boolean
  ) => {
    if (theirs !== undefined && (ours === undefined || !fits(ours, theirs))) names.push(name)
  }
  compare("source_ip", child?.source_ip, parent?.source_ip, (ours, theirs) =>
    ours.every((network) => theirs.some((other) => isInsideNetwork(network, other)))
  )
  compare("vpc", child?.vpc, parent?.vpc, isSubset)
  compare("vpc_endpoint", child?.vpc_endpoint, parent?.vpc_endpoint, isSubset)
  compare("not_after", child?.not_after, parent?.not_after, (ours, theirs) => ours <= theirs)
  for (const [key, values] of Object.entries(parent?.resource_tag ?? {})) {
    compare(`resource_tag ${key}`, taggedAs(child?.resource_tag, key), values, isSubset)
  }
  return names
}

/** The conditions that hold exactly where both hold; `None` when that is nowhere, or more than a statement can say. */
export const meet = (
  left: Conditions | undefined,
  right: Conditions | undefined
): Option.Option<Conditions | undefined> => {
  if (left === undefined || right === undefined) return Option.some(left ?? right)
  const both: Conditions = {
    ...entry("source_ip", either(left.source_ip, right.source_ip, narrowerNetworks)),
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

const narrowerNetworks = (left: ReadonlyArray<string>, right: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...left.filter((network) => right.some((other) => isInsideNetwork(network, other))),
  ...right.filter((network) => !left.includes(network) && left.some((other) => isInsideNetwork(network, other)))
]

const commonTags = (
  left: Tags<ReadonlyArray<string>>,
  right: Tags<ReadonlyArray<string>>
): Tags<ReadonlyArray<string>> =>
  Object.fromEntries([
    ...Object.entries(left).map(([key, values]) => [key, common(values, taggedAs(right, key) ?? values)] as const),
    ...Object.entries(right).filter(([key]) => taggedAs(left, key) === undefined)
  ])
