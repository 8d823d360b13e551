/** What Audex and Joy left, brought into a project by the built command: as history, once, and without touching it. */
import * as Effect from "effect/Effect"
import * as Ed25519 from "@bailiwick/tokens/Ed25519"
import * as JoyEnv from "@bailiwick/tokens/joy/JoyEnv"
import * as JoySession from "@bailiwick/tokens/joy/JoySession"
import * as PrivateSeed from "@bailiwick/tokens/PrivateSeed"
import * as PublicKey from "@bailiwick/tokens/PublicKey"
import * as Redacted from "effect/Redacted"
import { execFileSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import type { Json } from "./support/Forge.ts"
import * as Store from "./support/Store.ts"
import * as World from "./support/World.ts"

let world: World.World

beforeAll(async () => {
  world = await World.found()
}, World.patience)
afterAll(() => world.remove())

const audexSession = (id: string, over: object = {}) => ({
  id,
  created_at: "2026-01-02T03:04:05.123456789Z",
  expires_at: "2026-01-02T03:19:05.123456789Z",
  ttl_seconds: 900,
  budget: null,
  policy: { actions: [{ service: "s3", action: "GetObject" }], resources: ["*"] },
  status: "completed",
  role_arn: "arn:aws:iam::123456789012:role/agent",
  command: ["deploy", "--password", "hunter2hunter2"],
  access_key_id: null,
  provider: "aws",
  ...over
})

let places = 0

/** A directory as its program would leave it: open to readers. */
const place = (files: Readonly<Record<string, string | object>>): string => {
  const directory = Path.join(world.home, `left-${places++}`)
  for (const [name, content] of Object.entries(files)) {
    const path = Path.join(directory, name)
    Fs.mkdirSync(Path.dirname(path), { recursive: true, mode: 0o755 })
    Fs.writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content, null, 2), { mode: 0o644 })
  }
  return directory
}

const bring = (source: "audex" | "joy", directory: string, ...flags: ReadonlyArray<string>) =>
  world.json(["import", source, "--dir", directory, ...flags])

const outcomes = ({ items }: Json): Readonly<Record<string, string>> =>
  Object.fromEntries(items.map((item: Json) => [`${item.kind} ${item.name}`, item.outcome]))

const one = "11111111-1111-4111-8111-111111111111"
const two = "22222222-2222-4222-8222-222222222222"
const live = { status: "active", expires_at: "2999-01-01T00:00:00Z" }
const entry = JSON.stringify({ timestamp: "2026-01-02T03:04:05Z", session_id: one, event: { type: "session_ended" } })

describe("import audex", () => {
  it("brings sessions and the log, says what was skipped and why, and changes nothing the second time", async () => {
    const directory = place({
      [`audex/sessions/${one}.json`]: audexSession(one),
      [`audex/sessions/${two}.json`]: audexSession(two, { status: "active", agent_id: "build-bot" }),
      "audex/sessions/broken.json": "{",
      "audex/sessions/notes.txt": "mine",
      "audex/audit/audit.jsonl": `${entry}\t#HMAC:00ff\n${entry.replace("02T", "03T")}\nnonsense\n`
    })
    const before = Store.files(directory)
    const dry = await bring("audex", directory, "--dry-run")
    assert.deepStrictEqual([dry.dry_run, dry.taken, dry.known, dry.skipped], [true, 3, 0, 3])
    assert.strictEqual((await world.json(["import", "list"])).entries.length, 0)

    const first = await bring("audex", directory)
    assert.deepStrictEqual(outcomes(first), {
      [`session ${one}`]: "taken",
      [`session ${two}`]: "taken",
      "event audit.jsonl": "skipped",
      "session broken.json": "skipped",
      "session notes.txt": "skipped"
    })
    for (const { note, outcome } of first.items) if (outcome === "skipped") assert.isNotEmpty(note)
    assert.deepStrictEqual(
      first.items.find(({ lines }: Json) => lines !== undefined),
      {
        kind: "event",
        name: "audit.jsonl",
        outcome: "taken",
        lines: 2,
        note: "not verified: the key of its HMACs is Audex's own, and its end can be cut off unseen"
      }
    )
    const log = Store.lines(world)
    const again = await bring("audex", directory)
    assert.deepStrictEqual([again.taken, again.known, again.skipped], [0, 3, 3])
    assert.deepStrictEqual(Store.lines(world), log)
    assert.deepStrictEqual(Store.files(directory), before, "the source is never written to")

    const { entries } = await world.json(["import", "list", "--source", "audex", "--kind", "session"])
    assert.deepStrictEqual(
      entries.map(({ name, status }: Json) => [name, status]),
      [
        [one, "completed"],
        [two, "expired"]
      ]
    )
    assert.deepStrictEqual(JSON.parse(entries[0].body), audexSession(one))
    const told = log.map((line) => JSON.parse(line)).filter(({ type }) => type.startsWith("import."))
    assert.deepStrictEqual(
      told.map(({ type, subject }) => [type, subject]),
      [
        ["import.session", one],
        ["import.session", two],
        ["import.event", "audit.jsonl"]
      ]
    )
    assert.strictEqual(told[1].detail.claimed_agent, "build-bot")
    for (const { detail } of told) assert.match(detail.digest, /^[\w-]{43}$/u)
    assert.notInclude(log.join("\n"), "hunter2", "a command may hold a secret, and never enters the log")
    await world.must(["audit", "verify"])
  })

  it("an imported active session is no authority, ends when Audex ends it, and is never opened again", async () => {
    const files = (status: object) => ({
      [`sessions/${one.replaceAll("1", "3")}.json`]: audexSession(one.replaceAll("1", "3"), status)
    })
    const directory = place(files(live))
    const [item] = (await bring("audex", directory)).items
    assert.match(item.note, /live until 2999-01-01T00:00:00Z, and only Audex's programs hold them/u)
    assert.deepStrictEqual((await world.json(["sessions", "list", ...world.signed])).sessions, [])
    const ended = place(files({ status: "revoked" }))
    assert.strictEqual((await bring("audex", ended)).taken, 1)
    const reopened = await bring("audex", directory)
    assert.deepStrictEqual([reopened.taken, reopened.skipped], [0, 1])
    assert.match(reopened.items[0].note, /final/u)
    const { entries } = await world.json(["import", "list", "--kind", "session"])
    assert.strictEqual(entries.find(({ name }: Json) => name.startsWith("3")).status, "revoked")
  })

  it("reads no link that leads out, no pipe, no device and nothing too large, and names each", async () => {
    const directory = place({ "sessions/good.json": audexSession("good"), "sessions/large.json": " ".repeat(5 << 20) })
    const secret = world.file("outside.json", JSON.stringify(audexSession("outside")))
    const link = (name: string, target: string) => Fs.symlinkSync(target, Path.join(directory, "sessions", name))
    link("out.json", secret)
    link("device.json", "/dev/zero")
    link("gone.json", "nowhere")
    link("inside.json", "good.json")
    Fs.mkdirSync(Path.join(directory, "sessions", "directory.json"))
    execFileSync("mkfifo", [Path.join(directory, "sessions", "pipe.json")])
    const answer = await bring("audex", directory)
    const notes = Object.fromEntries(answer.items.map(({ name, note, outcome }: Json) => [name, [outcome, note]]))
    assert.deepStrictEqual(notes, {
      good: ["taken", undefined],
      inside: ["taken", "the id inside is another than the name of the file"],
      "device.json": ["skipped", "it is a link that leads out of the directory"],
      "directory.json": ["skipped", "it is a directory"],
      "gone.json": ["skipped", "it is a link to nothing, or has gone"],
      "large.json": ["skipped", "it is larger than 4096 KiB"],
      "out.json": ["skipped", "it is a link that leads out of the directory"],
      "pipe.json": ["skipped", "it is no regular file"]
    })
  })

  it("finds Audex's own directory, a data home, the directory in it and one of session files alike", async () => {
    const home = place({ [`data/audex/sessions/${one}.json`]: audexSession(one) })
    for (const path of ["data", "data/audex", "data/audex/sessions"]) {
      assert.lengthOf((await bring("audex", Path.join(home, path), "--dry-run")).items, 1, path)
    }
    const env = { XDG_DATA_HOME: Path.join(home, "data") }
    assert.lengthOf((await world.json(["import", "audex", "--dry-run"], { env })).items, 1)
  })

  it("tells in one line that there is nothing, or no such directory", async () => {
    const empty = place({ "some.txt": "" })
    await world.refused(["import", "audex", "--dir", empty], { exit: 2, message: /nothing of Audex/u, hint: /--dir/u })
    await world.refused(["import", "joy", "--dir", empty], { exit: 2, message: /nothing of Joy/u, hint: /--dir/u })
    await world.refused(["import", "audex", "--dir", `${empty}/no`], { exit: 2, message: /cannot be read/u })
  })

  it("an agent imports nothing, and looks at nothing that was imported", async () => {
    const agent = await world.redeem(await world.lend("claude"))
    const directory = place({ "sessions/agent.json": audexSession("agent") })
    for (const flags of [[], ["--dry-run"]]) {
      await world.refused(
        ["import", "audex", "--dir", directory, ...flags],
        { exit: 4, message: /owner/u },
        world.as(agent)
      )
    }
    await world.refused(["import", "list"], { exit: 4, message: /owners and auditors/u }, world.as(agent))
  })
})

const member = {
  verify_key: "33351f10483337cbc071bdc4404cd16dc8ab258f3a1f1484401357e17603b138",
  verifier: "d51ab86d79ef777f6e1cc56a8d4d67e6aa8d7ba99790f4229ee1341bf80670ae"
}

const endless = "m".repeat(70_000)

const joyProject = `name: Flow
acronym: FLOW
members:
  ai:claude@joy:
    capabilities: all
  "\\ud800@example.com": {}
  ${endless}: {}
  flow@example.com:
    capabilities: all
    verify_key: ${member.verify_key}
    ai_delegations:
      ai:claude@joy:
        delegation_verifier: ${member.verifier}
        created: 2026-11-22T06:24:23.871460308Z
`

describe("import joy", () => {
  it("brings members, delegations and the log as history, honours none of it, and reads no key", async () => {
    const directory = place({
      "package.json": "{}",
      ".joy/project.yaml": joyProject,
      ".joy/logs/2026-11-22.log": '2026-11-22T06:24:23.871Z FLOW-0001 item.created "x" [flow@example.com]\nmore\n',
      "joy/sessions/000000000000000000000000.json": "{}",
      "joy/delegations/FLOW/ai_claude_joy.key": "k".repeat(32)
    })
    const before = Store.files(directory)
    const first = await bring("joy", directory)
    assert.deepStrictEqual(outcomes(first), {
      "member ai:claude@joy": "taken",
      "member flow@example.com": "taken",
      [`member ${endless.slice(0, 512)}…`]: "skipped",
      "member \ufffd@example.com": "skipped",
      "delegation flow@example.com -> ai:claude@joy": "taken",
      "event 2026-11-22.log": "skipped",
      "session 000000000000000000000000.json": "skipped",
      "delegation FLOW/ai_claude_joy.key": "skipped"
    })
    const again = await bring("joy", directory)
    assert.deepStrictEqual([again.taken, again.known], [0, 4])
    assert.deepStrictEqual(Store.files(directory), before)
    const { delegations } = await world.json(["delegations", "list", ...world.signed])
    assert.notInclude(JSON.stringify(delegations), "flow@example.com")
    assert.notInclude(JSON.stringify(await world.json(["import", "list"])), "kkkkkkkk")
  })

  it("a session of Joy is taken if its signature holds, and never authenticates", async () => {
    const [identity, own] = [1, 2].map((byte) => PrivateSeed.fromBytes(new Uint8Array(32).fill(byte)))
    if (identity === undefined || own === undefined) return assert.fail()
    const made = await World.signing(
      Effect.gen(function* () {
        const ed25519 = yield* Ed25519.Ed25519
        const at = { project: "FLOW", now: { seconds: 1_767_323_045, nanos: 123_456_789 } }
        const human = yield* JoySession.createHuman({ ...at, identity, member: "flow@example.com", ttlSeconds: 60 })
        const later = { ...at, now: { seconds: 1_767_400_000, nanos: 0 }, ttlSeconds: 1e9 }
        return {
          key: PublicKey.toHex(yield* ed25519.publicKey(identity)),
          human: { ...human, members_zone_key: Redacted.make("5ec2e7".repeat(10)) },
          next: yield* JoySession.createHuman({ ...later, identity, member: "flow@example.com" }),
          agent: yield* JoySession.createAgent({
            ...later,
            session: own,
            member: "ai:claude@joy",
            delegationKey: "dkey"
          })
        }
      })
    )
    const forged = { ...made.human, claims: { ...made.human.claims, member: "other@example.com" } }
    const edited = { ...made.agent, claims: { ...made.agent.claims, project_id: "OTHER" } }
    const { key, ...sessions } = { ...made, forged, edited }
    const yaml = `name: Flow\nacronym: FLOW\nmembers:\n  flow@example.com:\n    verify_key: "${key}"\n  other@example.com:\n    verify_key: "${key}"\n`
    const files = (...names: ReadonlyArray<keyof typeof sessions>) => ({
      ".joy/project.yaml": yaml,
      ...Object.fromEntries(
        names.map((name) => [`joy/sessions/${JoySession.idOf(sessions[name])}.json`, JoySession.encode(sessions[name])])
      )
    })
    const answer = await bring("joy", place(files("human", "agent", "forged", "edited")))
    const about = (name: keyof typeof sessions) =>
      answer.items.find(
        (item: Json) => item.kind === "session" && item.name.startsWith(JoySession.idOf(sessions[name]))
      )
    assert.match(about("human").note, /^signature holds; it never authenticates here$/u)
    assert.match(about("agent").note, /^signed by its own key alone/u)
    for (const name of ["forged", "edited"] as const) {
      assert.deepStrictEqual([about(name).outcome, /does not hold/u.test(about(name).note)], ["skipped", true], name)
    }
    // Joy keeps a person's next session under the name of the one before: it is another session.
    assert.strictEqual((await bring("joy", place(files("next")))).taken, 1)
    const { entries } = await world.json(["import", "list", "--source", "joy", "--kind", "session"])
    assert.deepStrictEqual(entries.map(({ status }: Json) => status).toSorted(), ["active", "active", "expired"])
    assert.notInclude(JSON.stringify([entries, Store.lines(world)]), "5ec2e7", "no key is taken over")
    const value = Redacted.value(JoyEnv.encode({ id: JoySession.idOf(made.agent), seed: own }))
    await world.refused(["whoami"], { exit: 2, message: /./u }, world.as(value))
  })
})
