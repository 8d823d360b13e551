/**
 * SDKs ask for another credential long before the one they hold ends: the JavaScript SDK in its last 5 minutes, botocore in
 * its last 15. Within that window their calls are questions to the endpoint, and none of them is one to AWS.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
import * as Path from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import * as AwsWorld from "../whole/support/AwsWorld.ts"
import * as Bailiwick from "../whole/support/Bailiwick.ts"
import * as RecordText from "../whole/support/RecordText.ts"
import * as World from "../whole/support/World.ts"
import * as Place from "./support/Place.ts"

const support = (name: string) => Path.join(import.meta.dirname, "support", name)
const calls = 12

let world: AwsWorld.AwsWorld

beforeAll(async () => {
  world = await AwsWorld.open((aws) => {
    aws.put(Place.bucket, "team/a.txt", "of team/a.txt")
    return { targets: { dev: RecordText.oidc(), cloud: RecordText.aws(aws.role({ name: "agent" }), aws.url) } }
  })
}, World.patience)
afterAll(() => world.close())

/** How often the client asked the endpoint, and the endpoint asked AWS. */
const counted = async (ttl: string, program: ReadonlyArray<string>) => {
  const before = world.assumed().length
  const words = [process.execPath, support("counted.cjs"), ...program, "times", `${calls}`]
  const ended = await world.run(["run", "--ttl", ttl, ...Place.read, "--", ...words], {
    env: await world.agent(Place.read)
  })
  const answers = Bailiwick.succeeded(ended, `a run of ${ttl}`).trim().split("\n")
  assert.deepStrictEqual(new Set(answers), new Set(["of team/a.txt"]))
  const fetches = Number(/^fetches (\d+)$/mu.exec(ended.stderr)?.[1])
  const mints = world.assumed().length - before
  console.info(`${program[1]?.split("/").at(-1)}, ${ttl}: ${calls} calls, ${fetches} fetches, ${mints} mint(s)`)
  return { fetches, mints }
}

const javascript = () => [process.execPath, support("sdk.cjs"), Place.bucket]
const botocore = () => ["/usr/bin/python3", support("botocore.py"), world.aws.url, Place.bucket]

describe("one mint per lease", () => {
  it.each([
    ["the JavaScript SDK", "4m", javascript],
    ["botocore", "14m", botocore]
  ] as const)("however often %s asks when %s are left", async (_, within, program) => {
    const often = await counted(within, program())
    assert.isAbove(often.fetches, calls / 2)
    assert.strictEqual(often.mints, 1)
    assert.deepStrictEqual(await counted("20m", program()), { fetches: 1, mints: 1 })
  })
})
