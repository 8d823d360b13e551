/** The broker as it is wired, in one process: however many ask for the same at once, AWS is asked once. */
import { assert, it } from "@effect/vitest"
import * as Authenticate from "@bailiwick/broker/Authenticate"
import type * as Decide from "@bailiwick/broker/Decide"
import * as Issue from "@bailiwick/broker/Issue"
import { Alias } from "@bailiwick/core/Alias"
import * as FakeAws from "@bailiwick/testkit/aws/FakeAws"
import * as SessionEnv from "@bailiwick/tokens/SessionEnv"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { vi } from "vitest"
import * as Broker from "../../src/wiring/Broker.ts"
import * as Machine from "../../src/wiring/Machine.ts"
import * as AwsWorld from "../whole/support/AwsWorld.ts"
import * as RecordText from "../whole/support/RecordText.ts"
import * as World from "../whole/support/World.ts"

/** A project with a target at this AWS, an agent's session in it, and the broker's own login. */
const lent = Effect.fnUntraced(function* (aws: FakeAws.FakeAws) {
  const world = yield* Effect.acquireRelease(
    Effect.promise(() => World.found()),
    (world) => Effect.sync(() => world.remove())
  )
  const session = yield* Effect.promise(async () => {
    await world.apply({ targets: { cloud: RecordText.aws(aws.role({ name: "agent" }), aws.url, {}) } })
    return world.session("claude", AwsWorld.read)
  })
  // The SDKs' chain looks for the broker's login where it always does.
  yield* Effect.acquireRelease(
    Effect.sync(() => {
      vi.stubEnv("AWS_ACCESS_KEY_ID", aws.broker.accessKeyId)
      vi.stubEnv("AWS_SECRET_ACCESS_KEY", aws.broker.secretAccessKey)
    }),
    () => Effect.sync(() => vi.unstubAllEnvs())
  )
  return { world, ...(yield* Effect.fromResult(SessionEnv.decode(Redacted.make(session)))) }
})

const request = (tags: Decide.Request["tags"]): Decide.Request => ({
  target: Alias.make("cloud"),
  tags,
  narrow: false
})

it.live(
  "a thousand identical requests at once are one AssumeRole",
  () =>
    Effect.gen(function* () {
      const aws = yield* FakeAws.make
      const { id, seed, world } = yield* lent(aws)
      const variables = ConfigProvider.layer(ConfigProvider.fromUnknown({ HOME: world.home }))
      const broker = Broker.layer({ project: World.project, directory: world.store }).pipe(
        Layer.provideMerge(Machine.layer),
        Layer.provide(variables)
      )
      yield* Effect.gen(function* () {
        const caller = yield* Authenticate.authenticate({ session: id, seed })
        const ask = (tags: Decide.Request["tags"]) => Issue.issue({ caller, request: request(tags) })
        const issued = yield* Effect.all(
          Array.from({ length: 1000 }, () => ask({})),
          { concurrency: "unbounded" }
        )
        const assumed = () => aws.calls.filter(({ action }) => action === "AssumeRole").length
        assert.strictEqual(assumed(), 1)
        const keys = new Set(issued.map(({ credentials }) => Redacted.value(credentials.secret).AccessKeyId))
        assert.lengthOf(keys, 1)
        // The control: another request is another question.
        const other = yield* ask({ run: "7" })
        assert.strictEqual(assumed(), 2)
        assert.isFalse(keys.has(Redacted.value(other.credentials.secret).AccessKeyId))
      }).pipe(Effect.provide(broker))
    }),
  World.patience
)
