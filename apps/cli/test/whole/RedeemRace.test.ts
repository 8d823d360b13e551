/** Many processes at once over one token, and somebody who comes later with a copy. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import type * as Bailiwick from "./support/Bailiwick.ts"
import * as Forge from "./support/Forge.ts"
import * as Store from "./support/Store.ts"
import * as World from "./support/World.ts"

const processes = 50

describe("a delegation token in 50 processes at once", () => {
  let world: World.World
  beforeAll(async () => {
    world = await World.found()
  }, World.patience)
  afterAll(() => world.remove())

  it("opens one session when all have the bearer text, and tells every other when and by which session", async () => {
    const token = await world.lend("claude")
    const ends = await Promise.all(
      Array.from({ length: processes }, () => world.run(["redeem", "--json"], { input: token }))
    )
    const session = oneSession(world, token, ends)
    assert.strictEqual((await world.json(["whoami"], world.as(session))).agent, "ai:claude@acme")
  })

  it("opens one session when each has its own copy of the agent's key, too", async () => {
    const token = await world.must(["delegate", "claude", "--on", "dev", "--allow", "orders:read", ...world.signed])
    assert.isTrue(token.startsWith("bw_d_"))
    const configs = Array.from({ length: processes }, (_, index) => {
      const config = Path.join(world.home, `config-${index}`)
      Fs.mkdirSync(config, { mode: 0o700 })
      Fs.cpSync(world.config, Path.join(config, "bailiwick"), { recursive: true })
      return config
    })
    const ends = await Promise.all(
      configs.map((config) => world.run(["redeem", "--json"], { input: token, env: { XDG_CONFIG_HOME: config } }))
    )
    oneSession(world, token, ends)
  })

  it("is refused to a session hop that a copier of the bearer text signs later, also one that is dated back", async () => {
    const token = await world.lend("claude")
    const { id } = Forge.readSession(await world.redeem(token))
    const before = Store.read(world, (rows) => rows("SELECT * FROM redemptions"))
    const copied = Forge.read(token)
    const { iat } = Forge.payload(copied.tokens[0])
    for (const change of [{}, { iat }, { exp: Forge.payload(copied.tokens[0]).exp - 1 }]) {
      await attempt(world, copied, change)
      await world.refused(
        ["redeem"],
        { exit: 3, message: new RegExp(`redeemed at 20\\S+ by session ${id}`, "u") },
        { input: token }
      )
    }
    assert.deepStrictEqual(
      Store.read(world, (rows) => rows("SELECT * FROM redemptions")),
      before
    )
  })

  it("is opened by a forged attempt of the same form while nobody has redeemed it", async () => {
    const token = await world.lend("claude")
    const id = await attempt(world, Forge.read(token), {})
    assert.strictEqual(Forge.readSession(await world.redeem(token)).id, id)
  })
})

/** Puts a hop that the holder's key signs where `redeem` finds the attempt that it takes up again. */
const attempt = async (world: World.World, token: Forge.Token, change: Forge.Payload): Promise<string> => {
  const session = Forge.newKey()
  const chain = Forge.hop("session", { v: 1, tokens: token.tokens }, Forge.holder(token), {
    cnf: { jwk: session.jwk },
    ...change
  })
  const id = Forge.storageId(World.project, "ai:claude@acme", session)
  const directory = Path.join(world.store, "sessions")
  Fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
  const file = { v: 1, id, seed: session.seed.toString("base64url"), chain: JSON.stringify(chain) }
  Fs.writeFileSync(Path.join(directory, `${id}.json`), JSON.stringify(file), { mode: 0o600 })
  return id
}

/**
 * One session came out, whoever shows it: exactly one process opened it, and who else shows it took up that very attempt
 * (the same hop and key, from the same state directory). Everybody else was told of that session. The store agrees.
 */
const oneSession = (world: World.World, token: string, ends: ReadonlyArray<Bailiwick.Ended>): string => {
  const won = ends.filter(({ code }) => code === 0).map(({ stdout }) => JSON.parse(stdout))
  const lost = ends.filter(({ code }) => code !== 0)
  assert.strictEqual(won.filter(({ repeated }) => !repeated).length, 1, "processes that opened the session")
  const values = new Set<string>(won.map(({ value }) => value))
  assert.strictEqual(values.size, 1, "different session values")
  const [value = ""] = values
  const { id } = Forge.readSession(value)
  for (const { code, stderr } of lost) {
    const { error } = JSON.parse(stderr)
    assert.strictEqual(code, 3, stderr)
    assert.strictEqual(error.code, "already-redeemed", stderr)
    assert.match(error.message, new RegExp(`redeemed at 20\\d\\d-\\S+Z by session ${id}`, "u"))
  }
  const { jti } = Forge.payload(Forge.read(token).tokens[0])
  const [redemptions, sessions] = Store.read(world, (rows) => [
    rows(`SELECT session FROM redemptions WHERE jti = '${jti}'`),
    rows(`SELECT id FROM auth_sessions WHERE lineage LIKE '%${jti}%'`)
  ])
  assert.deepStrictEqual(
    redemptions.map(({ session }) => session),
    [id]
  )
  assert.deepStrictEqual(
    sessions.map((session) => session.id),
    [id]
  )
  const redeemed = Store.lines(world)
    .map((line) => JSON.parse(line))
    .filter(({ subject, type }) => subject === jti && type === "token.redeemed")
  assert.strictEqual(redeemed.length, 1, "lines of the log")
  return value
}
