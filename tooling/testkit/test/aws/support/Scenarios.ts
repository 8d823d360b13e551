/**
 * What a session may do under a policy, and what STS and S3 refuse: written after AWS's documentation, held by the fake one
 * and by a real gateway. Where that gateway is known to do otherwise, its own outcome stands beside the right one.
 */
import type * as Peer from "./Peer.ts"

export interface Scenario {
  readonly name: string
  readonly policy: ReadonlyArray<Peer.Statement>
  /** Lines and the outcomes that AWS gives. */
  readonly outcomes: Readonly<Record<string, string>>
  /** Where Ceph's gateway (16.2) is known to differ. */
  readonly gateway?: { readonly because: string; readonly outcomes: Readonly<Record<string, string>> }
}

const read = { Action: "s3:GetObject", Resource: "BUCKET/team/*" }
const all = { Action: "s3:*", Resource: ["BUCKET", "BUCKET/*"] }
const list = { Action: "s3:ListBucket", Resource: "BUCKET" }

const when = (Condition: object) => ({ ...read, Condition })

/** A reading session under a condition that holds, or not. */
const under = (name: string, condition: object, holds: boolean, gateway?: Scenario["gateway"]): Scenario => ({
  name,
  policy: [when(condition)],
  outcomes: { "get team/a.txt": holds ? "200" : "403", "get other/a.txt": "403" },
  ...(gateway === undefined ? {} : { gateway })
})

const unknown = (because: string): Scenario["gateway"] => ({ because, outcomes: { "get team/a.txt": "403" } })
const absent = "a negated operator on an absent key does not hold"

export const scenarios: ReadonlyArray<Scenario> = [
  {
    name: "one prefix read",
    policy: [read],
    outcomes: {
      "get team/a.txt": "200",
      "head team/a.txt": "200",
      "get teams/a.txt": "403",
      "head teams/a.txt": "403",
      "get other/a.txt": "403",
      "put team/new": "403",
      "delete team/new": "403",
      "list team/": "403",
      list: "403",
      "get team/none": "403"
    },
    gateway: { because: "it tells of a missing object who may not list", outcomes: { "get team/none": "404" } }
  },
  {
    name: "everything",
    policy: [all],
    outcomes: {
      "get x": "200",
      "put team/new": "200",
      "head team/new": "200",
      "delete team/new": "204",
      "get team/new": "404",
      "list team/": "200",
      "remove team/c x.gone": "200 team/c x.gone"
    },
    gateway: {
      because: "it deletes none of several objects for a session",
      outcomes: { "remove team/c x.gone": "200" }
    }
  },
  {
    name: "wildcards in actions and resources",
    policy: [
      { Action: ["s3:Get*", "s3:?utObject"], Resource: "BUCKET/team/?.txt" },
      { Action: "S3:getobject", Resource: "BUCKET/*/a.txt" }
    ],
    outcomes: {
      "get team/b.txt": "200",
      "get other/a.txt": "200",
      "get x": "403",
      "put team/n.txt": "200",
      "put team/nn.txt": "403",
      "put other/a.txt": "403"
    }
  },
  {
    name: "a denial beside a permission",
    policy: [all, { Effect: "Deny", Action: "s3:GetObject", Resource: "BUCKET/team/*" }],
    outcomes: { "get team/a.txt": "403", "get teams/a.txt": "200", "put team/new": "200", "list team/": "200" }
  },
  {
    name: "a denial under a condition that does not hold",
    policy: [read, { ...read, Effect: "Deny", Condition: { NotIpAddress: { "aws:SourceIp": "127.0.0.0/8" } } }],
    outcomes: { "get team/a.txt": "200" }
  },
  {
    name: "a denial under a condition that holds",
    policy: [read, { ...read, Effect: "Deny", Condition: { IpAddress: { "aws:SourceIp": "127.0.0.0/8" } } }],
    outcomes: { "get team/a.txt": "403" }
  },
  {
    name: "nothing but a denial",
    policy: [{ ...read, Effect: "Deny" }],
    outcomes: { "get team/a.txt": "403", "get other/a.txt": "403" }
  },
  {
    name: "everything but reading, by NotAction",
    policy: [{ NotAction: "s3:GetObject", Resource: ["BUCKET", "BUCKET/*"] }],
    outcomes: { "get team/a.txt": "403", "put team/new": "200", list: "200" },
    gateway: { because: "NotAction allows nothing", outcomes: { "put team/new": "403", list: "403" } }
  },
  {
    name: "everything but a prefix, by NotResource",
    policy: [{ Action: "s3:GetObject", NotResource: "BUCKET/team/*" }],
    outcomes: { "get team/a.txt": "403", "get other/a.txt": "200" }
  },
  {
    name: "several objects deleted together",
    policy: [{ Action: "s3:DeleteObject", Resource: "BUCKET/team/*" }],
    outcomes: { "delete team/c": "204", "delete other/c": "403", "remove team/c other/c": "200 team/c" },
    gateway: {
      because: "it asks for the bucket as well, and deletes none",
      outcomes: { "remove team/c other/c": "403" }
    }
  },
  {
    name: "a listing tied to a prefix",
    policy: [{ ...list, Condition: { StringLike: { "s3:prefix": ["team/*", "x"] } } }],
    outcomes: {
      "list team/": "200",
      "list team/a": "200",
      "list x": "200",
      "list teams/": "403",
      "list xx": "403",
      list: "403"
    }
  },
  {
    name: "a listing tied to one prefix and a delimiter",
    policy: [{ ...list, Condition: { StringEquals: { "s3:prefix": "team/", "s3:delimiter": "/" } } }],
    outcomes: { "list team/ /": "200", "list team/": "403", "list other/ /": "403" }
  },
  {
    name: "a listing of anything but a prefix",
    policy: [{ ...list, Condition: { StringNotLike: { "s3:prefix": "team/*" } } }],
    outcomes: { "list team/": "403", "list other/": "200", list: "200" },
    gateway: { because: absent, outcomes: { list: "403" } }
  },
  {
    name: "a listing whose prefix is denied where there is one",
    policy: [list, { ...list, Effect: "Deny", Condition: { StringLike: { "s3:prefix": "team/*" } } }],
    outcomes: { "list team/": "403", "list other/": "200", list: "200" }
  },
  {
    name: "a prefix that may be absent",
    policy: [{ ...list, Condition: { StringLikeIfExists: { "s3:prefix": "team/*" } } }],
    outcomes: { "list team/": "200", "list other/": "403", list: "200" }
  },
  {
    name: "a prefix that must be absent",
    policy: [{ ...list, Condition: { Null: { "s3:prefix": "true" } } }],
    outcomes: { "list team/": "403", list: "200" }
  },
  under("one of several networks", { IpAddress: { "aws:SourceIp": ["192.0.2.0/24", "127.0.0.1"] } }, true),
  under("another network", { IpAddress: { "aws:SourceIp": ["192.0.2.0/24", "2001:db8::/32"] } }, false),
  under("not a network", { NotIpAddress: { "aws:SourceIp": "127.0.0.0/8" } }, false),
  under("not any of other networks", { NotIpAddress: { "aws:SourceIp": ["192.0.2.0/24", "198.51.100.0/24"] } }, true),
  under("before a time to come", { DateLessThan: { "aws:CurrentTime": "2096-01-01T00:00:00Z" } }, true),
  under("before a time that is over", { DateLessThan: { "aws:CurrentTime": "2016-01-01T00:00:00Z" } }, false),
  under("after a time that is over", { DateGreaterThan: { "aws:CurrentTime": "2016-01-01T00:00:00Z" } }, true),
  under("a session opened after a time", { DateGreaterThan: { "aws:TokenIssueTime": "2016-01-01T00:00:00Z" } }, true),
  under("a session opened before a time", { DateLessThan: { "aws:TokenIssueTime": "2016-01-01T00:00:00Z" } }, false),
  under(
    "time and network together",
    { DateLessThan: { "aws:CurrentTime": "2096-01-01T00:00:00Z" }, IpAddress: { "aws:SourceIp": "192.0.2.0/24" } },
    false
  ),
  under(
    "a time as a number",
    { NumericLessThan: { "aws:EpochTime": "4000000000" } },
    true,
    unknown("there is no aws:EpochTime")
  ),
  under(
    "a transport without TLS",
    { Bool: { "aws:SecureTransport": "false" } },
    true,
    unknown("there is no aws:SecureTransport without TLS")
  ),
  under("a transport with TLS", { Bool: { "aws:SecureTransport": "true" } }, false),
  under("a key that no request has", { StringEquals: { "aws:PrincipalTag/none": "x" } }, false),
  under(
    "a key that no request has, negated",
    { StringNotEquals: { "aws:PrincipalTag/none": "x" } },
    true,
    unknown(absent)
  ),
  under("a key that no request has, if it exists", { StringEqualsIfExists: { "aws:PrincipalTag/none": "x" } }, true),
  under("the session by its name", { StringLike: { "aws:userid": "*:one" } }, true),
  under("another session", { StringLike: { "aws:userid": "*:two" } }, false)
]

export interface Assumed {
  readonly name: string
  readonly asked?: Peer.Assuming
  readonly policy?: ReadonlyArray<Peer.Statement>
  readonly by?: "stranger" | "wrong secret" | "unknown key"
  /** Seconds by which the caller's clock is wrong. */
  readonly skew?: number
  readonly status: number
  /** Without a status: it cannot even be asked. */
  readonly gateway?: { readonly because: string; readonly status?: number }
}

const loose = { because: "it takes documents that lack parts", status: 200 }

export const assumptions: ReadonlyArray<Assumed> = [
  { name: "a session without a policy", status: 200 },
  { name: "a session under a policy", policy: [read], status: 200 },
  { name: "a stranger", by: "stranger", status: 403 },
  { name: "a wrong secret", by: "wrong secret", status: 403 },
  { name: "an unknown key", by: "unknown key", status: 403 },
  { name: "a clock an hour late", skew: -3600, status: 403 },
  { name: "a clock an hour early", skew: 3600, status: 403 },
  { name: "a clock five minutes late", skew: -300, status: 200 },
  {
    name: "a role that there is not",
    asked: { RoleArn: "arn:aws:iam::111122223333:role/none" },
    status: 403,
    gateway: { because: "it says that there is none", status: 404 }
  },
  { name: "no role", asked: { RoleArn: undefined }, status: 400 },
  { name: "no session name", asked: { RoleSessionName: undefined }, status: 400 },
  { name: "a session name with a space", asked: { RoleSessionName: "a b" }, status: 400 },
  { name: "a session name of one character", asked: { RoleSessionName: "a" }, status: 400 },
  { name: "a session name of 65 characters", asked: { RoleSessionName: "a".repeat(65) }, status: 400 },
  { name: "899 seconds", asked: { DurationSeconds: "899" }, status: 400 },
  { name: "900 seconds", asked: { DurationSeconds: "900" }, status: 200 },
  { name: "3,600 seconds", asked: { DurationSeconds: "3600" }, status: 200 },
  { name: "more seconds than the role gives", asked: { DurationSeconds: "3601" }, status: 400 },
  { name: "a life that is no number", asked: { DurationSeconds: "long" }, status: 400 },
  { name: "a policy that is no JSON", asked: { Policy: "{" }, status: 400 },
  { name: "a policy without statements", asked: { Policy: '{"Version":"2012-10-17"}' }, status: 400, gateway: loose },
  { name: "a policy of another version", asked: { Policy: '{"Version":"2026-01-01","Statement":[]}' }, status: 400 },
  { name: "an effect that there is not", policy: [{ ...read, Effect: "Maybe" }], status: 400 },
  { name: "an operator that there is not", policy: [when({ Sounds: { "aws:SourceIp": "127.0.0.1" } })], status: 400 },
  { name: "an action without a service", policy: [{ ...read, Action: "GetObject" }], status: 400 },
  { name: "a statement without an action", policy: [{ Resource: "*" }], status: 400, gateway: loose },
  { name: "a statement without a resource", policy: [{ Action: "s3:GetObject" }], status: 400, gateway: loose },
  {
    name: "white space",
    asked: { Policy: '{ "Version": "2012-10-17", "Statement": { "Effect": "Deny", "Action": "*", "Resource": "*" } }' },
    status: 200,
    gateway: { because: "it reads compact JSON alone", status: 400 }
  },
  {
    name: "an action that no service has",
    policy: [{ ...read, Action: "s3:Sing*" }],
    status: 200,
    gateway: { because: "it reads the actions that it knows alone", status: 400 }
  },
  {
    name: "a policy of more than 2,048 characters",
    policy: [{ ...read, Resource: `BUCKET/${"a".repeat(2048)}` }],
    status: 400,
    gateway: { because: "the text ends the whole server" }
  },
  { name: "a tag", policy: [read], asked: { "Tags.member.1.Key": "a", "Tags.member.1.Value": "b" }, status: 200 }
]
