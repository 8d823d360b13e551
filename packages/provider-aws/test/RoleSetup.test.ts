import * as AwsTarget from "@bailiwick/provider-aws/AwsTarget"
import * as RoleSetup from "@bailiwick/provider-aws/RoleSetup"
import * as IamEvaluator from "@bailiwick/testkit/aws/IamEvaluator"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as World from "./support/World.ts"

const role = "arn:aws:iam::111122223333:role/team/agent"
const user = "arn:aws:iam::444455556666:user/ops/broker"
const login = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Ops_0123456789abcdef/you@example.com"

const target = (settings: Readonly<Record<string, string>> = {}) =>
  Result.getOrThrow(AwsTarget.read({ provider: "aws", principal: role, settings }))

const documents = (arn: string, settings?: Readonly<Record<string, string>>) =>
  Result.getOrThrow(RoleSetup.documents(target(settings), arn))

/** A trust policy decides as any other once its principals are known to match; the resource is the role itself. */
const trusts = ({ trust }: RoleSetup.RoleSetup, action: string, context: IamEvaluator.Request["context"] = {}) =>
  decides(
    { ...trust, Statement: trust.Statement.map((each) => ({ ...each, Principal: undefined, Resource: "*" })) },
    action,
    role,
    context
  )

const decides = (document: object, action: string, resource: string, context: IamEvaluator.Request["context"] = {}) =>
  IamEvaluator.decide({ identity: [IamEvaluator.parse(JSON.stringify(document))] }, { action, resource, context }) ===
  "allowed"

describe("RoleSetup", () => {
  it("trusts a user or a role by name, and with the external id alone where there is one", () => {
    const plain = documents(user)
    assert.deepStrictEqual([...new Set(plain.trust.Statement.map(({ Principal }) => Principal?.AWS))], [user])
    assert.isTrue(trusts(plain, "sts:AssumeRole"))
    const external = documents(user, { external_id: "acme-42" })
    assert.isTrue(trusts(external, "sts:AssumeRole", { "sts:ExternalId": ["acme-42"] }))
    assert.isFalse(trusts(external, "sts:AssumeRole", { "sts:ExternalId": ["acme-43"] }))
    assert.isFalse(trusts(external, "sts:AssumeRole"))
    // The key is AssumeRole's alone: asked of the others it would be absent, and nothing could be tagged.
    assert.isTrue(trusts(external, "sts:TagSession", { "aws:TagKeys": ["bailiwick-human"] }))
    assert.isTrue(trusts(external, "sts:SetSourceIdentity"))
  })

  it("trusts the role behind a session under whatever path it has, and no other of the account", () => {
    const setup = documents(login)
    const of = (arn: string) => trusts(setup, "sts:AssumeRole", { "aws:PrincipalArn": [arn] })
    const name = "AWSReservedSSO_Ops_0123456789abcdef"
    assert.isTrue(of(`arn:aws:iam::111122223333:role/${name}`))
    assert.isTrue(of(`arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/${name}`))
    assert.isFalse(of(`arn:aws:iam::111122223333:role/${name}2`))
    assert.isFalse(of(`arn:aws:iam::111122223333:role/x${name}`))
    assert.isFalse(of(`arn:aws:iam::444455556666:role/${name}`))
    assert.isFalse(of(`arn:aws:iam::111122223333:user/x/${name}`))
    assert.isFalse(trusts(setup, "sts:TagSession", { "aws:TagKeys": ["bailiwick-human"] }))
  })

  it("lets the broker set its own tags and no other", () => {
    const setup = documents(user)
    assert.isTrue(trusts(setup, "sts:TagSession", { "aws:TagKeys": ["bailiwick-human", "bailiwick-session"] }))
    assert.isFalse(trusts(setup, "sts:TagSession", { "aws:TagKeys": ["bailiwick-human", "team"] }))
  })

  it("gives the broker nothing but this role, and the denial of sessions only where the target has it", () => {
    const { broker } = documents(user)
    assert.isTrue(decides(broker, "sts:AssumeRole", role))
    assert.isTrue(decides(broker, "sts:TagSession", role))
    assert.isFalse(decides(broker, "sts:AssumeRole", `${role}2`))
    assert.isFalse(decides(broker, "iam:PutRolePolicy", role))
    const revoking = documents(user, { revoke: "role-policy" })
    assert.isTrue(decides(revoking.broker, "iam:PutRolePolicy", role))
    assert.isTrue(decides(revoking.broker, "iam:GetRolePolicy", role))
    assert.isFalse(decides(revoking.broker, "iam:AttachRolePolicy", role))
  })

  it("asks for neither tags nor source identity where the target does without", () => {
    const { broker, trust } = documents(user, { attribution: "name" })
    assert.deepStrictEqual(
      trust.Statement.flatMap(({ Action }) => Action),
      ["sts:AssumeRole"]
    )
    assert.deepStrictEqual(
      broker.Statement.flatMap(({ Action }) => Action),
      ["sts:AssumeRole"]
    )
  })

  it.live("gives the broker all that a target needs: for a session, and for its end", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const settings = { revoke: "role-policy" }
      const key = (left: string) => {
        const { broker } = Result.getOrThrow(
          RoleSetup.documents(Result.getOrThrow(AwsTarget.read(World.targetOf(aws, settings))), user)
        )
        const Statement = broker.Statement.map((each) => ({
          ...each,
          Action: each.Action.filter((action) => action !== left)
        }))
        const login = aws.user(JSON.stringify({ ...broker, Statement }))
        aws.role({ name: "agent", trusted: [aws.world.callers.get(login.accessKeyId)?.arn ?? ""] })
        return login
      }
      const outcome = Effect.fnUntraced(function* (login: ReturnType<typeof key>) {
        const provider = yield* World.provider(aws, { settings, key: login })
        const request = yield* World.request(aws, { settings })
        const plan = yield* provider.plan(request)
        const credentials = yield* provider.issue(plan)
        return yield* provider.revoke(World.sessionOf(request, plan, credentials))
      })
      assert.isTrue((yield* outcome(key(""))).ended)
      for (const action of ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity", "iam:PutRolePolicy"]) {
        assert.strictEqual((yield* Effect.flip(outcome(key(action)))).reason, "AccessDenied", action)
      }
    })
  )

  it.each([
    "arn:aws:iam::111122223333:root",
    "arn:aws:sts::111122223333:federated-user/you",
    "arn:aws:sts::111122223333:assumed-role/only",
    "arn:aws:sts::111122223333:assumed-role/a/b/c",
    "arn:aws:iam::111122223333:role/*",
    'arn:aws:iam::111122223333:user/a"b',
    "arn:aws:sts::111122223333:role/a",
    "you@example.com",
    ""
  ])("refuses %s", (arn) => {
    assert.isTrue(Result.isFailure(RoleSetup.documents(target(), arn)))
  })
})
