/** What `setup role` shows of an account: two documents, from the record and from AWS's own word, and no change. */
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import * as AwsWorld from "./support/AwsWorld.ts"
import * as RecordText from "./support/RecordText.ts"
import * as World from "./support/World.ts"

let world: AwsWorld.AwsWorld
/** The broker's, which says no region. */
let login: AwsWorld.Variables

beforeAll(async () => {
  world = await AwsWorld.open((aws) => {
    const settings = { external_id: "acme-42", revoke: "role-policy" }
    const cloud = RecordText.aws(aws.role({ name: "agent" }), aws.url, settings)
    return { targets: { dev: RecordText.oidc(), cloud } }
  })
  login = AwsWorld.keyOf(world.aws.broker)
}, World.patience)
afterAll(() => world.close())

const asking = ["setup", "role", "--on", "cloud"]

describe("setup role", () => {
  it("asks AWS who the broker is, and names that login and the record's role", async () => {
    const before = world.aws.calls.length
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
      world.aws.calls.slice(before).map(({ action }) => action),
      ["GetCallerIdentity"]
    )
  })

  it("needs nobody's word for a login that is named, and prints one document alone where that is wanted", async () => {
    const before = world.aws.calls.length
    const user = "arn:aws:iam::444455556666:user/broker"
    const document = JSON.parse(await world.must([...asking, "--login", user, "--only", "trust"]))
    assert.deepStrictEqual(document.Statement[0].Principal, { AWS: user })
    const { code, stderr, stdout } = await world.run([...asking, "--login", user])
    assert.strictEqual(code, 0)
    assert.match(stdout, /^trust policy of the role agent:\n\{/u)
    assert.match(stderr, /nothing was changed/u)
    assert.lengthOf(world.aws.calls.slice(before), 0)
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
      { exit: 8, message: /no AWS credentials of its own/u, hint: /aws sso login.*--login ARN/u },
      { env: nowhere }
    )
    world.aws.fail("GetCallerIdentity", {
      status: 403,
      code: "InvalidClientTokenId",
      message: world.aws.broker.secretAccessKey
    })
    const ended = await world.run(asking, { env: login })
    assert.strictEqual(ended.code, 8)
    assert.match(ended.stderr, /does not know the access key.*\nhint: .*; or name the login with --login ARN/u)
    assert.notInclude(ended.stderr, world.aws.broker.secretAccessKey)
  })
})
