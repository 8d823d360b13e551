/** What a signal makes of a command of ours that has no child to hand it on to. */
import { once } from "node:events"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import * as World from "./support/World.ts"

let world: World.World
beforeAll(async () => {
  world = await World.found()
}, World.patience)
afterAll(() => world.remove())

const question =
  '{"policy":{"statements":[{"provider":"aws","actions":["*"],"resources":["*"]}],"deny":[]},"provider":"aws","action":"a","resource":"b"}\n'

describe("a command without a child", { timeout: World.patience }, () => {
  it.each([
    ["SIGTERM", 143],
    ["SIGINT", 130]
  ] as const)("ends by %s with %i, and says nothing", async (signal, code) => {
    const { child, ended } = world.start(["policy", "eval", "--jsonl"], { open: true })
    child.stdin?.write(question)
    // Its first answer: it is at work, and waits for the next question.
    if (child.stdout !== null) await once(child.stdout, "data")
    child.kill(signal)
    const { stderr, ...rest } = await ended
    assert.strictEqual(rest.code, code, stderr)
    assert.strictEqual(stderr, "")
  })
})
