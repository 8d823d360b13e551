/**
 * Policies: what may be done on what, under which conditions, and the algebra that only ever narrows them.
 *
 * Text is compared as it stands (formats §3, `policy`): `*` is any run with slashes and colons, `?` is one code point,
 * a resource is never normalised, and any matching denial wins.
 *
 * @example
 * import * as Policy from "@bailiwick/core/Policy"
 * import * as Result from "effect/Result"
 *
 * const parent = Result.getOrThrow(Policy.parse("aws", { allow: "s3:*", resource: "s3://acme-logs/*" }))
 * const child = Result.getOrThrow(Policy.parse("aws", { allow: "storage:read", resource: "s3://acme-logs/2026/*" }))
 *
 * Policy.isSubset(child, parent).subset // true
 * Policy.isSubset(parent, child).excess[0]?.action // "s3:*"
 */
export { Conditions, Context } from "./policy/Condition.ts"
export { type Coverage, covers, Request } from "./policy/Coverage.ts"
export { type Excess, type Inclusion, isSubset, maximumExcess } from "./policy/Inclusion.ts"
export { type Dropped, intersect, type Intersection } from "./policy/Intersection.ts"
export { normalise } from "./policy/Normal.ts"
export { expandVerbs, parse, type Source } from "./policy/Parse.ts"
export { PolicyTextError } from "./policy/PolicyTextError.ts"
export { Provider } from "./policy/Provider.ts"
export { Deny, maximumBytes, maximumEntries, Policy, Statement } from "./policy/Statement.ts"
export { names as verbs } from "./policy/Verbs.ts"
