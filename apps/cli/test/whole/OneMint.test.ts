/** However many processes of one session ask for the same at once, AWS is asked once. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { setTimeout } from "node:timers/promises"
import { afterAll, assert, beforeAll, beforeEach, describe, it } from "vitest"
import * as AwsWorld from "./support/AwsWorld.ts"
import * as Bailiwick from "./support/Bailiwick.ts"
import * as Forge from "./support/Forge.ts"
import * as Gate from "./support/Gate.ts"
import * as RecordText from "./support/RecordText.ts"
import * as Terminal from "./support/Terminal.ts"
import * as World from "./support/World.ts"

const processes = 50
const { read } = AwsWorld
const words = ["credential-process", ...read]

let world: AwsWorld.AwsWorld
let gate: Gate.Gate
let agent: World.Options

beforeAll(async () => {
  world = await AwsWorld.open(async (aws) => {
    gate = await Gate.before(aws.url)
    return { targets: { cloud: RecordText.aws(aws.role({ name: "agent" }), gate.url, {}) } }
  })
}, World.patience)
beforeEach(async () => {
  agent = await lent()
}, World.patience)
afterAll(async () => {
  gate.stop()
  await world.close()
})

/** A new session of the agent's. */
const lent = async (): Promise<World.Options> => ({ env: await world.agent(read) })

/** How often AWS was asked for a session while `use` ran. */
const asked = async <A>(use: () => Promise<A>): Promise<readonly [number, A]> => {
  const before = world.assumed().length
  const result = await use()
  return [world.assumed().length - before, result]
}

const many = (count: number, args: ReadonlyArray<string>, options: World.Options) =>
  Array.from({ length: count }, () => world.start(args, options))

const ends = (started: ReadonlyArray<Bailiwick.Started>) => Promise.all(started.map(({ ended }) => ended))

const keyOf = (document: string): string => JSON.parse(document).AccessKeyId

const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await setTimeout(10)
}

/** Whether a process has come as far as the lock of its mint; from then on it holds it or waits for it. */
const isAtLock = ({ child }: Bailiwick.Started): boolean => {
  const directory = `/proc/${child.pid}/fd`
  return Fs.readdirSync(directory).some((name) => {
    try {
      return Fs.readlinkSync(Path.join(directory, name)).endsWith(".lock")
    } catch {
      return false
    }
  })
}

describe("credential-process", () => {
  it("in 50 processes at once is one question to AWS and 50 times its answer", { timeout: 180_000 }, async () => {
    const [count, ended] = await asked(() => ends(many(processes, words, agent)))
    const documents = ended.map((end) => Bailiwick.succeeded(end, "credential-process"))
    assert.strictEqual(count, 1)
    assert.lengthOf(new Set(documents), 1)

    // The control: another session of the same agent's is given nothing of it.
    const other = await lent()
    const [more, another] = await asked(() => ends(many(2, words, other)))
    assert.strictEqual(more, 1)
    const theirs = another.map((end) => keyOf(Bailiwick.succeeded(end, "credential-process")))
    assert.lengthOf(new Set(theirs), 1)
    assert.notInclude(documents.map(keyOf), theirs[0])
  })

  it("shares with export and with other words for the same, and not with what asks for something else", async () => {
    const [count, keys] = await asked(async () => [
      keyOf(await world.must(words, agent)),
      keyOf(await world.must([...words, "--ttl", "15m"], agent)),
      (await world.json(["export", ...read], agent)).AWS_ACCESS_KEY_ID
    ])
    assert.strictEqual(count, 1)
    assert.lengthOf(new Set(keys), 1)
    assert.notInclude(keys, keyOf(await world.must([...words, "--ttl", "20m"], agent)))
  })

  it("goes on when the process that asks is killed", async () => {
    gate.close()
    const killed = world.start(words, agent)
    await until(() => gate.held() === 1)
    const next = many(2, words, agent)
    await until(() => next.every(isAtLock))
    assert.strictEqual(gate.held(), 1)
    killed.child.kill("SIGKILL")
    assert.strictEqual((await killed.ended).signal, "SIGKILL")
    await until(() => gate.held() === 2)
    const [count, ended] = await asked(() => {
      gate.open()
      return ends(next)
    })
    assert.lengthOf(new Set(ended.map((end) => keyOf(Bailiwick.succeeded(end, "credential-process")))), 1)
    assert.strictEqual(count, 1)
  })

  it("refuses all who waited with the one that AWS refused, and asks again for whoever comes later", async () => {
    gate.close()
    const waiting = many(6, words, agent)
    await until(() => gate.held() === 1 && waiting.every(isAtLock))
    // Whoever asked a second time would be given credentials.
    world.aws.fail("AssumeRole", {
      status: 403,
      code: "AccessDenied",
      message: "not authorized to perform: sts:AssumeRole"
    })
    const [count, ended] = await asked(() => {
      gate.open()
      return ends(waiting)
    })
    assert.strictEqual(count, 1)
    for (const end of ended) Bailiwick.refused(end, { exit: 8, message: /does not let the broker/u, hint: /trust/u })
    const [again] = await asked(() => ends(many(3, words, agent)).then((all) => all.map(({ code }) => code)))
    assert.strictEqual(again, 1)
  })

  it("gives nobody anything when the session is revoked while one asks and the others wait", async () => {
    gate.close()
    const waiting = many(8, words, agent)
    await until(() => gate.held() === 1 && waiting.every(isAtLock))
    const { id } = Forge.readSession(agent.env?.BAILIWICK_SESSION ?? "")
    await world.must(["revoke", id, ...world.signed])
    const [count, ended] = await asked(() => {
      gate.open()
      return ends(waiting)
    })
    assert.strictEqual(count, 1, "the question that was under way, and no other")
    for (const end of ended) {
      Bailiwick.refused(end, { exit: 3, message: /this session cannot act: it was revoked/u })
      assert.strictEqual(end.stdout, "")
    }
    assert.deepStrictEqual(
      Fs.readdirSync(Path.join(world.store, "cache")).filter((name) => name.startsWith(id) && name.endsWith(".json")),
      []
    )
  })

  it("uses nothing that is kept once its session is revoked, whatever lies in the cache", async () => {
    const key = keyOf(await world.must(words, agent))
    const cache = Path.join(world.store, "cache")
    const id = Forge.readSession(agent.env?.BAILIWICK_SESSION ?? "").id
    const own = () => Fs.readdirSync(cache).filter((name) => name.startsWith(id))
    const kept = own().map((name) => ({
      path: Path.join(cache, name),
      content: Fs.readFileSync(Path.join(cache, name))
    }))
    assert.isAtLeast(kept.length, 3)
    const [{ id: credential }] = (await world.json(["sessions", "list"], agent)).sessions
    await world.must(["revoke", credential, ...world.signed])
    // The credentials alone were revoked: their holder may ask, and is not given those.
    const [count, anew] = await asked(() => ends(many(3, words, agent)))
    assert.strictEqual(count, 1)
    const keys = new Set(anew.map((end) => keyOf(Bailiwick.succeeded(end, "credential-process"))))
    assert.lengthOf(keys, 1)
    assert.notInclude([...keys], key)

    await world.must(["revoke", id, ...world.signed])
    assert.deepStrictEqual(own(), [])
    for (const { content, path } of kept) Fs.writeFileSync(path, content, { mode: 0o600 })
    const [after, ended] = await asked(() => ends([...many(3, words, agent), ...many(3, ["export", ...read], agent)]))
    assert.strictEqual(after, 0)
    for (const end of ended) Bailiwick.refused(end, { exit: 3, message: /this session cannot act: it was revoked/u })
  })

  it("refuses a cache that others may enter, and asks nobody", async () => {
    await world.must(words, agent)
    const cache = Path.join(world.store, "cache")
    Fs.chmodSync(cache, 0o755)
    const [count] = await asked(() =>
      world.refused(
        [...words, "--ttl", "20m"],
        { exit: 9, message: /cache may be entered by others/u, hint: /chmod 700/u },
        agent
      )
    )
    assert.strictEqual(count, 0)
    Fs.chmodSync(cache, 0o700)
    await world.must([...words, "--ttl", "20m"], agent)
  })
})

describe("a person's session on a terminal", () => {
  it("is asked for once, too", async () => {
    const bailiwick = Terminal.command(world)
    const flags = read.map((word) => `'${word}'`).join(" ")
    const both = ["a", "b"].map((name) => `${bailiwick} credential-process ${flags} > ${name} &`).join(" ")
    const line = `${bailiwick} login ${flags} ${world.signed.join(" ")} > /dev/null; ${both} wait; ${bailiwick} export --json ${flags} > c`
    const [count, { stdout }] = await asked(() => Terminal.start(world, line, { env: world.login }).ended)
    const [first, second, third] = ["a", "b", "c"].map((name) =>
      JSON.parse(Fs.readFileSync(Path.join(world.home, name), "utf8"))
    )
    assert.deepStrictEqual(second, first, stdout)
    assert.strictEqual(third.AWS_ACCESS_KEY_ID, first.AccessKeyId)
    assert.strictEqual(count, 1)
  })
})
