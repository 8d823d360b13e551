/** Policies, narrower and unrelated ones, and requests that their patterns match. */
import type * as Policy from "@bailiwick/core/Policy"
import * as Result from "effect/Result"
import type { Choices } from "../support/Choices.ts"
import { decode } from "./support.ts"

type Encoded = typeof Policy.Policy.Encoded
type Statement = typeof Policy.Statement.Encoded
type Conditions = NonNullable<Statement["conditions"]>

const vocabulary = {
  aws: {
    actions: [
      "*",
      "*:*",
      "s3:*",
      "s3:Get*",
      "S3:get?bject",
      "s3:GetObject",
      "*Object",
      "s3:*t*",
      "ec2:*",
      "s3:PutObject"
    ],
    resources: [
      "*",
      "arn:aws:s3:::*",
      "arn:aws:s3:::b",
      "arn:aws:s3:::b/*",
      "arn:aws:s3:::b/?/x",
      "arn:aws:s3:::B/*",
      "*/x"
    ]
  },
  gcp: {
    actions: ["*", "storage.*", "storage.objects.get", "storage.objects.?et", "*.get", "Storage.objects.get"],
    resources: ["*", "projects/p/*", "projects/p/buckets/b", "projects/p/buckets/?", "*/b", "projects/P/*"]
  },
  azure: {
    actions: ["*", "Microsoft.Storage/*", "microsoft.storage/*/READ", "Microsoft.Storage/a/read", "*/read", "*/write"],
    resources: [
      "*",
      "/subscriptions/S/*",
      "/Subscriptions/s/x",
      "https://A/*",
      "https://a/*",
      "*/x",
      "?subscriptions/*",
      "*/X"
    ]
  },
  oidc: {
    actions: ["*", "repo:*", "repo:read", "Repo:read", "repo:?ead", "write"],
    resources: ["*", "https://api.example.com", "https://*.example.com", "https://API.example.com"]
  }
} as const

const values = {
  source_ip: ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "0.0.0.0/0", "192.0.2.0/24", "2001:db8::/32", "::/0"],
  addresses: ["10.1.2.3", "10.9.9.9", "192.0.2.7", "198.51.100.1", "2001:db8::1", "2001:db9::1", "::ffff:10.1.2.3"],
  ids: ["a", "b", "c"],
  times: [10, 20, 30],
  keys: ["env", "ENV", "team"]
} as const

const distinct = <A>(items: ReadonlyArray<A>): ReadonlyArray<A> => [...new Set(items)]

/** Replaces each wildcard by something that it matches; `keep` leaves some of them, so the result may be a pattern. */
const specialise = (choices: Choices, pattern: string, keep: boolean): string =>
  Array.from(pattern, (one) => {
    if (one !== "*" && one !== "?") return one
    if (keep && choices.percent(50)) return one
    if (one === "?") return choices.of(["a", "b", "/", "G", "😀"])
    return choices.of([
      "",
      "a",
      "/x",
      "b/x",
      ":",
      "Get",
      "GetObject",
      keep ? "x*" : "xy",
      keep ? "?" : "z",
      keep ? "*/*" : "q/r"
    ])
  }).join("") || "a"

const swapCase = (text: string): string =>
  Array.from(text, (one) => (one === one.toLowerCase() ? one.toUpperCase() : one.toLowerCase())).join("")

const conditions = (choices: Choices): Conditions => ({
  ...(choices.percent(15) && { source_ip: distinct(choices.list(1, 3, () => choices.of(values.source_ip))) }),
  ...(choices.percent(15) && { vpc: distinct(choices.list(1, 2, () => choices.of(values.ids))) }),
  ...(choices.percent(10) && { vpc_endpoint: distinct(choices.list(1, 2, () => choices.of(values.ids))) }),
  ...(choices.percent(15) && { not_after: choices.of(values.times) })
})

const tags = (choices: Choices): Conditions =>
  choices.percent(15)
    ? { resource_tag: { [choices.of(values.keys)]: distinct(choices.list(1, 2, () => choices.of(values.ids))) } }
    : {}

const statement = (choices: Choices): Statement => {
  const provider = choices.of(["aws", "gcp", "azure", "oidc"] as const)
  const pick = (list: ReadonlyArray<string>) =>
    distinct(
      choices.list(1, 3, () => {
        const pattern = choices.of(list)
        return choices.percent(30) ? specialise(choices, pattern, true) : pattern
      })
    )
  const { actions, resources } = vocabulary[provider]
  return under(
    { provider, actions: pick(actions), resources: pick(resources) },
    { ...conditions(choices), ...(provider === "aws" ? tags(choices) : {}) }
  )
}

const fold = (encoded: Encoded): Policy.Policy =>
  Result.getOrThrow(
    decode({
      statements: distinct(encoded.statements.map((one) => JSON.stringify(one))).map((one) => JSON.parse(one)),
      deny: distinct(encoded.deny.map((one) => JSON.stringify(one))).map((one) => JSON.parse(one))
    })
  )

export const policy = (choices: Choices): Policy.Policy =>
  fold({
    statements: choices.list(1, 3, () => statement(choices)),
    deny: choices.percent(40) ? [statement(choices)] : []
  })

const narrowerConditions = (choices: Choices, held: Conditions | undefined): Conditions => {
  const some = <A>(list: ReadonlyArray<A>) => list.filter((_, index) => index === 0 || choices.percent(50))
  return {
    ...conditions(choices),
    ...(held?.source_ip && { source_ip: some(held.source_ip) }),
    ...(held?.vpc && { vpc: some(held.vpc) }),
    ...(held?.vpc_endpoint && { vpc_endpoint: some(held.vpc_endpoint) }),
    ...(held?.not_after !== undefined && { not_after: held.not_after - choices.below(3) }),
    ...(held?.resource_tag && {
      resource_tag: Object.fromEntries(
        Object.entries(held.resource_tag).map(([key, list]) => [choices.percent(30) ? swapCase(key) : key, some(list)])
      )
    })
  }
}

/** A statement, with its conditions when there are any. */
const under = (statement: Statement, held: Conditions): Statement =>
  Object.keys(held).length === 0 ? statement : Object.assign({}, statement, { conditions: held })

/** A policy that is narrower by construction: fewer entries, narrower patterns, more conditions, more denials. */
export const narrowed = (choices: Choices, parent: Encoded): Policy.Policy => {
  const list = (patterns: ReadonlyArray<string>, loose: boolean) =>
    distinct(
      patterns
        .filter((_, index) => index === 0 || choices.percent(60))
        .map((pattern) => (choices.percent(60) ? specialise(choices, pattern, true) : pattern))
        .map((pattern) => (loose && choices.percent(20) ? swapCase(pattern) : pattern))
    )
  return fold({
    statements: parent.statements
      .filter((_, index) => index === 0 || choices.percent(70))
      .map(({ actions, conditions: held, provider, resources }) =>
        under(
          {
            provider,
            actions: list(actions, provider === "aws" || provider === "azure"),
            resources: list(resources, false)
          },
          narrowerConditions(choices, held)
        )
      ),
    deny: choices.percent(20) ? [...parent.deny, statement(choices)] : parent.deny
  })
}

/** A policy near another one that may be wider or narrower. */
export const changed = (choices: Choices, from: Encoded): Policy.Policy => {
  const near = narrowed(choices, from)
  switch (choices.below(4)) {
    case 0:
      return fold({ ...near, statements: [...near.statements, statement(choices)] })
    case 1:
      return fold({ ...near, deny: near.deny.slice(1) })
    case 2:
      return fold({
        ...near,
        statements: near.statements.map(({ actions, provider, resources }) => ({ provider, actions, resources }))
      })
    default:
      return fold({
        ...near,
        statements: near.statements.map(({ actions, provider, resources }) => ({
          provider,
          actions,
          resources: distinct(resources.map((text) => choices.of([text, swapCase(text), `${text}*`])))
        }))
      })
  }
}

/** A request that some entry of the policy matches, in a context that may fit. */
export const request = (choices: Choices, from: Policy.Policy): Policy.Request => {
  const one = choices.of(choices.percent(15) ? [...from.deny, ...from.statements] : from.statements)
  const spell = (text: string) => (choices.percent(10) ? swapCase(text) : text)
  const context = {
    ...(choices.percent(85) && { source_ip: choices.of(values.addresses) }),
    ...(choices.percent(85) && { vpc: choices.of(values.ids) }),
    ...(choices.percent(85) && { vpc_endpoint: choices.of(values.ids) }),
    ...(choices.percent(85) && { time: choices.of([5, 15, 25, 35]) as Policy.Context["time"] & number }),
    ...(choices.percent(85) && {
      resource_tag: { [choices.of(["env", "Env"])]: choices.of(values.ids), team: choices.of(values.ids) }
    })
  }
  return {
    provider: one.provider,
    action: spell(specialise(choices, choices.of(one.actions), false)),
    resource: spell(specialise(choices, choices.of(one.resources), false)),
    context
  }
}
