import * as CredentialSessionId from "@bailiwick/core/CredentialSessionId"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as AwsTarget from "@bailiwick/provider-aws/AwsTarget"
import * as RevokedSessions from "@bailiwick/provider-aws/RevokedSessions"
import * as RoleDenial from "@bailiwick/provider-aws/RoleDenial"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import { vi } from "vitest"
import * as Loopback from "./support/Loopback.ts"
import * as World from "./support/World.ts"

type Aws = Effect.Success<typeof World.world>

const other = "01980000-0000-7000-8000-000000000002"

const deny = (aws: Aws, endpoint: string, session = World.id, broker = RoleDenial) => {
  const target = Result.getOrThrow(AwsTarget.read({ ...World.targetOf(aws), endpoint }))
  const writer = { target, identity: World.identityOf(aws.broker) }
  return Effect.flatMap(UnixTime.now, (now) =>
    broker.deny(writer, {
      session: CredentialSessionId.CredentialSessionId.make(session),
      until: UnixTime.plus(now, 900)
    })
  )
}

const denied = (aws: Aws) => aws.world.roles.get(World.roleArn)?.inline.get(RevokedSessions.policyName) ?? ""

const puts = (aws: Aws) => aws.calls.filter(({ action }) => action === "PutRolePolicy").length

const isPut = ({ body }: Loopback.Asked): boolean => body.includes("Action=PutRolePolicy")

/** Calls of this action are held up for so many milliseconds on their way; of any, where none is named. */
const slowly = (aws: Aws, action: string | undefined, delay: number) => {
  const onward = Loopback.forward(aws.url)
  return Loopback.serve((asked, response) => {
    const late = action === undefined || asked.body.includes(`Action=${action}&`)
    setTimeout(() => onward(asked, response), late ? delay : 0)
  })
}

describe("a denial whose answer is lost", () => {
  it.live("is read back, and not written twice", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const lossy = yield* Loopback.serve(Loopback.forward(aws.url, isPut))
      yield* deny(aws, lossy.url)
      assert.include(denied(aws), World.id)
      assert.strictEqual(puts(aws), 1)
    })
  )

  it.live("is written anew on what stands there by then, where it did not arrive", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      let lost = 0
      const onward = Loopback.forward(aws.url)
      // The first is swallowed on the way, and meanwhile another broker writes.
      const broken = yield* Loopback.serve((asked, response) => {
        if (!isPut(asked) || lost++ > 0) return onward(asked, response)
        void Effect.runPromise(deny(aws, aws.url, other)).then(() => response.destroy())
      })
      yield* deny(aws, broken.url)
      assert.include(denied(aws), World.id)
      assert.include(denied(aws), other)
    })
  )

  it.live("that never arrives fails with what the network said", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const onward = Loopback.forward(aws.url)
      const broken = yield* Loopback.serve((asked, response) =>
        isPut(asked) ? void response.destroy() : onward(asked, response)
      )
      const failure = yield* Effect.flip(deny(aws, broken.url))
      assert.notStrictEqual(failure, RoleDenial.unconfirmed)
      assert.strictEqual(denied(aws), "")
    })
  )
})

it.live("a denial is read back by each of more brokers at once than any of them tries to write", () =>
  Effect.gen(function* () {
    const aws = yield* World.world
    const far = yield* slowly(aws, undefined, 60)
    // Loaded anew, the module knows nothing of the others' turns: so it is in another process.
    const brokers: Array<typeof RoleDenial> = []
    for (let count = 0; count < 5; count++) {
      vi.resetModules()
      brokers.push(yield* Effect.promise(() => import("@bailiwick/provider-aws/RoleDenial")))
    }
    const sessions = brokers.map((_, index) => `01980000-0000-7000-8000-00000000010${index}`)
    // Succeeds once its own session was found in the role's policy.
    yield* Effect.forEach(brokers, (broker, index) => deny(aws, far.url, sessions[index], broker), {
      concurrency: "unbounded"
    })
    assert.isAtLeast(puts(aws), brokers.length)
  })
)

describe("a denial by a clock that is off", () => {
  it.live.each([3600, -3600])("by %i seconds is signed and read by the clock of AWS", (off) =>
    Effect.gen(function* () {
      const aws = yield* World.world
      aws.ahead(off)
      yield* deny(aws, aws.url)
      assert.include(denied(aws), World.id)
    })
  )
})

describe("a cut", () => {
  const cut = (aws: Aws, endpoint: string) =>
    RoleDenial.cutOff({
      target: Result.getOrThrow(AwsTarget.read({ ...World.targetOf(aws), endpoint })),
      identity: World.identityOf(aws.broker)
    })

  it.live("is over by our clock when it is by that of AWS, however long AWS took to tell its time", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const slow = yield* slowly(aws, "GetCallerIdentity", 1500)
      const { here, moment } = yield* cut(aws, slow.url)
      // Both clocks are one here: what AWS dates before the cut was issued before it by ours.
      assert.isAtLeast(here, moment)
    })
  )

  it.live("is dated when its turn has come, so that it stands for every denial that it replaces", () =>
    Effect.gen(function* () {
      const aws = yield* World.world
      const slow = yield* slowly(aws, "PutRolePolicy", 2500)
      const asked = yield* UnixTime.now
      const single = yield* Effect.forkChild(deny(aws, slow.url))
      // It has its turn, and its write is under way for the next seconds.
      yield* Effect.promise(() => vi.waitUntil(() => aws.calls.some(({ action }) => action === "GetRolePolicy")))
      const { moment } = yield* cut(aws, slow.url)
      yield* Fiber.join(single)
      assert.isAtLeast(moment, asked + 3)
      assert.notInclude(denied(aws), World.id)
    })
  )
})
