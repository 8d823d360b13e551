/**
 * 200 commands that are killed with SIGKILL at random points, 100 each in two projects side by side.
 *
 * `KILL_SEED` repeats the points of a run that failed; what the machine does meanwhile it cannot repeat.
 */
import { randomInt } from "node:crypto"
import { setTimeout } from "node:timers/promises"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import * as Forge from "./support/Forge.ts"
import * as Invariants from "./support/Invariants.ts"
import * as Kill from "./support/Kill.ts"
import * as Person from "./support/Person.ts"
import * as Terminal from "./support/Terminal.ts"
import * as World from "./support/World.ts"

const workers = 2
const rounds = 100
/** After so many, everything is ended and the log verified. */
const batch = 25

const seed = Number(process.env.KILL_SEED ?? randomInt(2 ** 32))
const grant = ["--on", "dev", "--allow", "orders:read"]

describe("processes that are killed at any point", () => {
  const worlds: Array<World.World> = []
  beforeAll(async () => {
    console.log(`KILL_SEED=${seed}`)
    for (let worker = 0; worker < workers; worker++) worlds.push(await World.found())
  }, World.patience)
  afterAll(() => worlds.forEach((world) => world.remove()))

  it.concurrent.for(Array.from({ length: workers }, (_, worker) => worker))(
    "lose no line of the log, redeem nothing twice and leave nothing that cannot be ended (%i)",
    { timeout: 300_000 },
    async (worker) => {
      const world = worlds[worker]
      assert.isDefined(world)
      const figures = await suffer(world, Kill.random(seed + worker))
      console.log(`${figures.killed} of ${rounds} were killed, ${figures.writing} of them while they changed the store`)
      // Otherwise this has shown nothing.
      assert.isAbove(figures.killed, rounds / 2)
      assert.isAbove(figures.writing, rounds / 10)
    }
  )
})

const suffer = async (world: World.World, random: () => number) => {
  const figures = { killed: 0, writing: 0 }
  const person = await Person.of(world)
  let log = Invariants.hold(world, [])
  for (let first = 0; first < rounds; first += batch) {
    const agent = await world.redeem(person.lend("claude"))
    const commands = all(world, person, agent, random)
    const usual = await usually(commands)
    for (let round = 0; round < batch; round++) {
      const { after, start } = commands[round % commands.length] ?? commands[0]
      const point = pointOf(random, usual[round % commands.length] ?? 0)
      const outcome = await Kill.at(world, start, point)
      figures.killed += Number(outcome.killed)
      const now = Invariants.hold(world, log)
      figures.writing += Number(outcome.killed && point.change !== undefined)
      log = now
      await after?.(outcome)
    }
    log = await endEverything(world, log, agent)
  }
  return figures
}

interface Command {
  readonly start: () => Kill.Killable
  readonly after?: (outcome: Kill.Outcome) => Promise<void>
}

const all = (
  world: World.World,
  person: Person.Person,
  agent: string,
  random: () => number
): readonly [Command, ...ReadonlyArray<Command>] => {
  const start = (args: ReadonlyArray<string>, options: World.Options = {}): Kill.Killable => {
    const started = world.start(args, options)
    return { ...started, pid: () => started.child.pid }
  }
  let token = ""
  return [
    {
      start: () => {
        token = person.lend("claude")
        return start(["redeem"], { input: token })
      },
      after: (outcome) => redeemedOnce(world, token, outcome)
    },
    { start: () => start(["run", ...grant, "--", "true"], world.as(agent)) },
    { start: () => start(["delegate", "other", "--bearer", ...grant, ...world.signed]) },
    {
      start: () => {
        const session = Invariants.active(world).find(
          ({ id, kind }) => kind === "auth_sessions" && id !== Forge.readSession(agent).id
        )
        const what =
          session === undefined || random() < 0.5 ? ["delegations", "revoke", "other"] : ["revoke", String(session.id)]
        return start([...what, ...world.signed])
      }
    },
    { start: () => Terminal.bailiwick(world, ["login", ...grant, ...world.signed]) }
  ]
}

/** How long each takes today, undisturbed, in milliseconds. */
const usually = async (commands: ReadonlyArray<Command>): Promise<ReadonlyArray<number>> => {
  const times: Array<number> = []
  for (const { start } of commands) {
    const began = performance.now()
    await start().ended
    times.push(performance.now() - began)
  }
  return times
}

/** The first third of a command is Node's own start, where nothing happens: most points lie behind it. */
const pointOf = (random: () => number, usual: number): Kill.Point =>
  random() < 0.4
    ? { delay: random() * usual * (random() < 0.1 ? 0.35 : 1.05) }
    : { change: 1 + Math.floor(random() * 8), delay: Math.floor(random() * 4) }

/** Whoever was interrupted asks again, and has one session in the end: no token is lost, and none gives two. */
const redeemedOnce = async (world: World.World, token: string, { stdout }: Kill.Outcome): Promise<void> => {
  const shown = stdout.endsWith("\n") ? stdout.trimEnd() : undefined
  const again = await world.run(["redeem"], { input: token })
  const value = shown ?? again.stdout.trimEnd()
  if (again.code === 0) assert.strictEqual(again.stdout.trimEnd(), value, "two sessions of one token")
  else assert.match(again.stderr, new RegExp(`by session ${Forge.readSession(value).id}`, "u"))
  assert.strictEqual((await world.json(["whoami"], world.as(value))).agent, "ai:claude@acme")
}

const endEverything = async (
  world: World.World,
  before: ReadonlyArray<string>,
  agent: string
): Promise<ReadonlyArray<string>> => {
  await world.must(["audit", "verify"])
  await world.must(["revoke", "--mine", ...world.signed])
  assert.deepStrictEqual(Invariants.active(world), [], "something is left that can still act")
  await world.refused(["whoami"], { exit: 3, message: /this session cannot act: it was revoked/u }, world.as(agent))
  // A revocation ends whatever begins within its own second, too.
  await setTimeout(1000)
  return Invariants.hold(world, before)
}
