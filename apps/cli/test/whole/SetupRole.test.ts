/** What `setup role` shows of an account: two documents, from the record and from AWS's own word, and no change. */
import * as FakeAws from "@bailiwick/testkit/aws/FakeAws"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import * as World from "./support/World.ts"

let world: World.World
let aws: FakeAws.FakeAws
let scope: Scope.Closeable
let login: Readonly<Record<string, string>>

beforeAll(async () => {
  scope = await Effect.runPromise(Scope.make())
  aws = await Effect.runPromise(Scope.provide(FakeAws.make, scope))
  world = await World.found()
  world.file("bailiwick.toml", record(aws.role({ name: "agent" })))
  await world.must(["project", "apply", ...world.signed])
  login = { AWS_ACCESS_KEY_ID: aws.broker.accessKeyId, AWS_SECRET_ACCESS_KEY: aws.broker.secretAccessKey }
}, World.patience)
afterAll(async () => {
  world.remove()
  await Effect.runPromise(Scope.close(scope, Exit.void))
})

const record = (principal: string) => `name = "acme"

[targets.dev]
provider = "oidc"
principal = "urn:acme:api"

[targets.cloud]
provider = "aws"
principal = "${principal}"
region = "eu-west-1"
endpoint = "${aws.url}"
[targets.cloud.settings]
external_id = "acme-42"
revoke = "role-policy"

[[ceiling.statements]]
provider = "aws"
actions = ["*"]
resources = ["*"]

[[ceiling.statements]]
provider = "oidc"
actions = ["*"]
resources = ["*"]
`

const asking = ["setup", "role", "--on", "cloud"]

describe("setup role", () => {
  it("asks AWS who the broker is, and names that login and the record's role", async () => {
    const before = aws.calls.length
    const { broker, login: arn, role, trust } = await world.json(asking, { env: login })
    assert.match(arn, /^arn:aws:iam::\d{12}:user\//u)
    assert.deepStrictEqual(
      trust.Statement.map((each: { readonly Principal: object }) => each.Principal),
      trust.Statement.map(() => ({ AWS: arn }))
    )
    assert.deepStrictEqual(trust.Statement[0].Condition, { StringEquals: { "sts:ExternalId": "acme-42" } })
    assert.isTrue(broker.Statement.every(({ Resource }: { readonly Resource: string }) => Resource === role))
    assert.include(JSON.stringify(broker), "iam:PutRolePolicy")
    assert.deepStrictEqual(
      aws.calls.slice(before).map(({ action }) => action),
      ["GetCallerIdentity"]
    )
  })

  it("needs nobody's word for a login that is named, and prints one document alone where that is wanted", async () => {
    const before = aws.calls.length
    const user = "arn:aws:iam::444455556666:user/broker"
    const document = JSON.parse(await world.must([...asking, "--login", user, "--only", "trust"]))
    assert.deepStrictEqual(document.Statement[0].Principal, { AWS: user })
    const { code, stderr, stdout } = await world.run([...asking, "--login", user])
    assert.strictEqual(code, 0)
    assert.match(stdout, /^trust policy of the role agent:\n\{/u)
    assert.match(stderr, /nothing was changed/u)
    assert.lengthOf(aws.calls.slice(before), 0)
  })

  it("says what is wrong with a target, a login, or that there is none", async () => {
    await world.refused([...asking, "--login", "me"], {
      exit: 2,
      message: /no user, role or session/u,
      hint: /log the/u
    })
    await world.refused(["setup", "role", "--on", "dev"], { exit: 2, message: /no target of AWS/u })
    await world.refused(["setup", "role", "--on", "clod"], { exit: 2, message: /no target "clod"/u, hint: /cloud/u })
    const nowhere = { AWS_EC2_METADATA_DISABLED: "true" }
    await world.refused(
      asking,
      { exit: 8, message: /no AWS credentials of its own/u, hint: /aws sso login/u },
      { env: nowhere }
    )
    aws.fail("GetCallerIdentity", { status: 403, code: "InvalidClientTokenId", message: aws.broker.secretAccessKey })
    const ended = await world.run(asking, { env: login })
    assert.strictEqual(ended.code, 8)
    assert.match(ended.stderr, /does not know the access key/u)
    assert.notInclude(ended.stderr, aws.broker.secretAccessKey)
  })
})
