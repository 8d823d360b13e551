/** A run that is told to end before its command has started: it ends then, and leaves no credentials that live on. */
import { once } from "node:events"
import * as Http from "node:http"
import { afterAll, afterEach, assert, beforeAll, describe, it } from "vitest"
import * as AwsWorld from "./support/AwsWorld.ts"
import * as Front from "./support/Front.ts"
import * as RecordText from "./support/RecordText.ts"
import * as Store from "./support/Store.ts"
import * as Terminal from "./support/Terminal.ts"
import * as World from "./support/World.ts"

const { read } = AwsWorld
const words = ["run", ...read, "--", "true"]

let world: AwsWorld.AwsWorld
let front: Front.Front
let env: AwsWorld.Variables

beforeAll(async () => {
  world = await AwsWorld.open(async (aws) => {
    front = await Front.start(aws.url)
    const settings = { ...RecordText.at(aws.url), revoke: "role-policy" }
    return { targets: { cloud: RecordText.aws(aws.role({ name: "agent" }), front.url, settings) } }
  })
  env = await world.agent(read)
}, World.patience)
afterEach(() => front.put())
afterAll(async () => {
  front.close()
  await world.close()
})

const statuses = () =>
  Store.read(world, (rows) => rows("SELECT status FROM credential_sessions ORDER BY created_at, id")).map(
    ({ status }) => status
  )

const lastFailure = () => JSON.parse(Store.lines(world).findLast((text) => text.includes('"issue.failed"')) ?? "{}")

describe("a run that waits for AWS", { timeout: World.patience }, () => {
  it("ends where AWS answers", async () => {
    await world.must(words, { env })
    assert.deepStrictEqual(statuses(), ["completed"])
  })

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143]
  ] as const)("ends by %s at once, with %i, and its session as failed", async (signal, code) => {
    const asked = new Promise<void>((resolve) => front.put(() => resolve()))
    const { child, ended } = world.start(words, { env })
    await asked
    child.kill(signal)
    const { stderr, ...rest } = await ended
    assert.deepInclude({ ...rest, stderr }, { code, stderr: "" })
    assert.strictEqual(statuses().at(-1), "failed")
    // Not for the answer that never came: that is told as out of reach, half a minute later.
    assert.deepInclude(lastFailure().detail, { reason: "Interrupted" })
  })

  it("leaves nothing active where AWS has just answered", async () => {
    for (let round = 0; round < 3; round++) {
      const answered = new Promise<void>((resolve) => {
        front.put(({ headers, method, url = "/" }, body, response) => {
          const onward = Http.request(`${world.aws.url}${url}`, { method, headers, agent: false }, (answer) => {
            response.writeHead(answer.statusCode ?? 500, answer.headers)
            answer.pipe(response).once("finish", resolve)
          })
          onward.end(body)
        })
      })
      const { child, ended } = world.start(words, { env })
      await answered
      child.kill("SIGINT")
      await ended
      front.put()
      assert.notInclude(statuses(), "active")
    }
  })
})

describe("a run that asks for a passphrase", { timeout: World.patience }, () => {
  it("ends by SIGTERM, and asks AWS nothing", async () => {
    const { child, ended, pid } = Terminal.bailiwick(world, words, { env: world.login, open: true })
    let screen = ""
    child.stdout?.on("data", (text: string) => {
      screen += text
    })
    while (!screen.includes("passphrase of")) if (child.stdout !== null) await once(child.stdout, "data")
    process.kill(pid() ?? 0, "SIGTERM")
    assert.strictEqual((await ended).code, 143)
    assert.strictEqual(front.count, 0)
  })
})
