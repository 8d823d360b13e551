import { spawnSync } from "node:child_process"
import * as Policy from "@bailiwick/core/Policy"
import * as Actions from "@bailiwick/provider-aws/Actions"
import * as Denial from "@bailiwick/provider-aws/Denial"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as DenialAdvice from "../../src/client/DenialAdvice.ts"

const role = "arn:aws:iam::111122223333:role/agent"
const object = "arn:aws:s3:::acme/team/x"

const policy = (source: Policy.Source) => Result.getOrThrow(Policy.parse("aws", source))
const everything = policy({ allow: "*", resource: "*" })
const run: DenialAdvice.Run = {
  policy: policy({ allow: "s3:GetObject", resource: "s3://acme/team/*" }),
  ceiling: everything,
  byFlags: true
}

interface Refused {
  readonly action?: string
  readonly resource?: string
  readonly by?: string
  readonly explicit?: boolean
}

const advise = (refused: ReadonlyArray<Refused>, more: Partial<DenialAdvice.Run> = {}) =>
  Effect.map(Actions.load, (table) => {
    const sentences = refused.map((one) => ({ action: "s3:PutObject", explicit: false, ...one }))
    return DenialAdvice.lines(Denial.collect({ table, session: { role }, sentences, calls: [] }), { ...run, ...more })
  })

const line = (refused: Refused, more?: Partial<DenialAdvice.Run>) =>
  Effect.map(advise([refused], more), ([first = ""]) => first)

describe("DenialAdvice", () => {
  it.effect("says nothing where nothing was refused", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* advise([]), [])
    })
  )

  it.effect.each([
    [
      "what was not given",
      { resource: object },
      `not given it; to allow it: --allow s3:PutObject --resource ${object}`
    ],
    [
      "where it was given",
      { action: "s3:GetObject", resource: "arn:aws:s3:::acme/x" },
      "not given it there, only on arn:aws:s3:::acme/team/*; to allow it: "
    ],
    ["what AWS does not place", {}, "not given it; to allow it: --allow s3:PutObject --resource ARN"],
    [
      "what was given somewhere",
      { action: "s3:GetObject" },
      "given it on arn:aws:s3:::acme/team/*, and AWS does not say where"
    ],
    ["what takes no resource", { action: "s3:ListAllMyBuckets" }, "--allow s3:ListAllMyBuckets --resource '*'"],
    ["a name that no flag holds", { resource: "arn:aws:s3:::acme/a,b" }, "to allow it, name it in a --policy-file"],
    [
      "a name that no policy holds as it is",
      { resource: "arn:aws:s3:::acme/${aws:x}" },
      "to allow it, name it in a --policy-file"
    ],
    [
      "another reason beside",
      { resource: object, by: "identity-based policy" },
      "; AWS also found no identity-based policy that allows it"
    ],
    [
      "another denial beside",
      { resource: object, by: "service control policy", explicit: true },
      '; AWS also found a denial of the kind "service control policy"'
    ],
    [
      "what no target hands out",
      { action: "s3:PutBucketPolicy", resource: "arn:aws:s3:::acme" },
      "an owner permits it by the target's guarded_actions"
    ],
    [
      "a wider policy of the account",
      { action: "s3:GetObject", resource: object },
      "given it, and the role itself or another policy of the account refuses it"
    ],
    [
      "which one",
      { action: "s3:GetObject", resource: object, by: "permissions boundary" },
      "given it, and AWS found no permissions boundary that allows it: a session only narrows"
    ],
    [
      "a denial on the role",
      { action: "s3:GetObject", resource: object, by: "identity-based policy", explicit: true },
      'given it, and AWS found a denial of the kind "identity-based policy", as a revoke sets one'
    ],
    [
      "a session that is over",
      { action: "s3:GetObject", resource: object, by: "session policy" },
      "given it, but not any more or not from there"
    ],
    [
      "a denial of the session's own",
      { action: "s3:GetObject", resource: object, by: "session policy", explicit: true },
      "given it, but a denial in its session policy stands before it, such as that of its end"
    ],
    [
      "a listing of a whole bucket, and what is less",
      { action: "s3:ListBucket", resource: "arn:aws:s3:::acme" },
      "to allow it: --allow s3:ListBucket --resource arn:aws:s3:::acme, or under one prefix alone: --resource 'arn:aws:s3:::acme/PREFIX/*'"
    ]
  ] as const)("tells %s", ([, refused, text]) =>
    Effect.gen(function* () {
      assert.include(yield* line(refused), text)
    })
  )

  it.effect("tells a wildcard that does not reach what it seems to, and conditions, from what was not given", () =>
    Effect.gen(function* () {
      const guarded = {
        action: "s3:PutBucketPolicy",
        resource: "arn:aws:s3:::acme",
        by: "session policy",
        explicit: true
      }
      const wide = policy({ allow: "s3:*", resource: "*" })
      assert.match(yield* line(guarded, { policy: wide }), /given it, but no wildcard reaches it: .*guarded_actions$/u)
      const inside = policy({ allow: "s3:*", resource: "*", conditions: { source_ip: ["192.0.2.0/24"] } })
      assert.match(yield* line({ resource: object }, { policy: inside }), /under conditions, which did not hold$/u)
      assert.include(
        yield* line({ action: "s3:PutObject" }, { policy: inside }),
        "given it on * under conditions, which may not have held, and AWS does not say where"
      )
      const denied = policy({ allow: "s3:*", resource: "*", deny: "s3:PutObject" })
      assert.match(yield* line({ resource: object }, { policy: denied }), /own denials keep it out$/u)
    })
  )

  it.effect("names the tags that hold a session where they are what a call may not touch", () =>
    Effect.gen(function* () {
      const refused = (action: string, resource: string) => ({ action, resource, by: "session policy", explicit: true })
      const tagging = refused("ec2:CreateTags", "arn:aws:ec2:eu-west-1:111122223333:instance/i-1")
      const tagged = policy({ allow: "ec2:*", resource: "*", conditions: { resource_tag: { team: ["blue"] } } })
      const lock = /it may not set or remove the tags that hold it \((.*)\): leave them out of the call$/u
      assert.strictEqual(lock.exec(yield* line(tagging, { policy: everything }))?.[1], "bailiwick-*")
      assert.strictEqual(lock.exec(yield* line(tagging, { policy: tagged }))?.[1], "team, bailiwick-*")
      assert.match(yield* line({ ...tagging, explicit: false }, { policy: tagged }), /under conditions/u)
      // Creating with a tag is tagging too; what sets none is refused for another reason.
      assert.match(yield* line(refused("ec2:RunInstances", tagging.resource), { policy: everything }), lock)
      assert.notMatch(yield* line(refused("s3:GetObject", object), { policy: everything }), lock)
    })
  )

  it.effect("offers no flags that would be refused: the nearest limit above is told in their place", () =>
    Effect.gen(function* () {
      const reading = policy({ allow: "s3:Get*", resource: "*" })
      assert.match(
        yield* line({ resource: object }, { ceiling: reading }),
        /the project's ceiling does not allow it either/u
      )
      assert.match(
        yield* line({ resource: object }, { authority: reading }),
        /the authority that it runs on does not hold it either: it would be delegated with --allow s3:PutObject /u
      )
      assert.match(yield* line({ resource: object }, { authority: everything }), /to allow it: --allow/u)
      assert.match(yield* line({ resource: object }, { byFlags: false }), /the policy that was named has to hold it$/u)
    })
  )

  it.effect("offers flags that a shell reads back as exactly that name", () =>
    Effect.gen(function* () {
      for (const name of ["it's", "a b", "$(id)", "`id`", "*", "a;b&c|d", String.raw`\ "q"`, "é", "-x", "~"]) {
        const resource = `arn:aws:s3:::acme/${name}`
        const [, flags] = (yield* line({ resource })).split("to allow it: ")
        const { stdout } = spawnSync("sh", ["-c", `printf '%s\\0' ${flags}`], { encoding: "utf8" })
        assert.deepStrictEqual(stdout.split("\0"), ["--allow", "s3:PutObject", "--resource", resource, ""], name)
      }
    })
  )

  it.effect("shows at most some, says how many more, and whose word it is, in nothing but visible characters", () =>
    Effect.gen(function* () {
      const hostile = "arn:aws:s3:::acme/\u001b[2J\u202e\u2028x"
      const names = Array.from({ length: 20 }, (_, index) => `arn:aws:s3:::acme/${index}`)
      const lines = yield* advise([hostile, ...names].map((resource) => ({ resource })))
      assert.lengthOf(lines, 10)
      assert.strictEqual(lines.at(-2), "AWS refused 13 more")
      assert.match(lines.at(-1) ?? "", /^this is what the command itself reported/u)
      const shown = yield* line({ resource: hostile })
      assert.match(shown, /\\u\{1b\}\[2J\\u\{202e\}\\u\{2028\}x: .* name it in a --policy-file$/u)
      assert.notMatch(shown, /[\p{Cc}\p{Cf}\p{Zl}]/u)
    })
  )
})
