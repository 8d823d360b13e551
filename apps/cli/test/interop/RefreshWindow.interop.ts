/**
 * SDKs ask for another credential long before the one they hold ends: the JavaScript SDK in its last 5 minutes, botocore in
 * its last 15. Within that window their calls are questions to the endpoint, and none of them is one to AWS.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 */
import * as FakeAws from "@bailiwick/testkit/aws/FakeAws"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as Path from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import * as Bailiwick from "../whole/support/Bailiwick.ts"
import * as World from "../whole/support/World.ts"
import * as Place from "./support/Place.ts"

const support = (name: string) => Path.join(import.meta.dirname, "support", name)
const calls = 12

let aws: FakeAws.FakeAws
let scope: Scope.Closeable
let made: Awaited<ReturnType<typeof Place.project>>

beforeAll(async () => {
  scope = await Effect.runPromise(Scope.make())
  aws = await Effect.runPromise(Scope.provide(FakeAws.make, scope))
  aws.put(Place.bucket, "team/a.txt", "of team/a.txt")
  made = await Place.project(aws.url, aws.role({ name: "agent" }), aws.broker)
}, World.patience)
afterAll(async () => {
  made.world.remove()
  await Effect.runPromise(Scope.close(scope, Exit.void))
})

/** How often the client asked the endpoint, and the endpoint asked AWS. */
const counted = async (ttl: string, program: ReadonlyArray<string>) => {
  const before = aws.calls.filter(({ action }) => action === "AssumeRole").length
  const words = [process.execPath, support("counted.cjs"), ...program, "times", `${calls}`]
  const ended = await made.world.run(["run", "--ttl", ttl, ...Place.read, "--", ...words], { env: await made.agent() })
  const answers = Bailiwick.succeeded(ended, `a run of ${ttl}`).trim().split("\n")
  assert.deepStrictEqual(new Set(answers), new Set(["of team/a.txt"]))
  const fetches = Number(/^fetches (\d+)$/mu.exec(ended.stderr)?.[1])
  const mints = aws.calls.filter(({ action }) => action === "AssumeRole").length - before
  console.info(`${program[1]?.split("/").at(-1)}, ${ttl}: ${calls} calls, ${fetches} fetches, ${mints} mint(s)`)
  return { fetches, mints }
}

const javascript = () => [process.execPath, support("sdk.cjs"), Place.bucket]
const botocore = () => ["/usr/bin/python3", support("botocore.py"), aws.url, Place.bucket]

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
