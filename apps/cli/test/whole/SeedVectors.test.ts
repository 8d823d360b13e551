/** Everything that the original programs wrote or judged, asked of the built command in one process for each of them. */
import * as Vectors from "@bailiwick/testkit/Vectors"
import { assert, beforeAll, it } from "vitest"
import * as Path from "node:path"
import * as Bailiwick from "./support/Bailiwick.ts"
import * as Bundle from "./support/Bundle.ts"
import type { Json } from "./support/Forge.ts"
import * as World from "./support/World.ts"

let entry = ""

beforeAll(async () => {
  entry = Path.join(await Bundle.directory(), "bailiwick.js")
}, World.patience)

/** One answer for each question, in order. */
const ask = async (questions: ReadonlyArray<object>): Promise<ReadonlyArray<Json>> => {
  const input = questions.map((question) => `${JSON.stringify(question)}\n`).join("")
  const ended = await Bailiwick.start(process.execPath, [entry, "inspect", "--jsonl"], {
    cwd: "/",
    env: { HOME: "/nowhere" },
    input
  }).ended
  const answers = Bailiwick.succeeded(ended, "inspect --jsonl").trimEnd().split("\n")
  assert.lengthOf(answers, questions.length)
  return answers.map((line) => JSON.parse(line))
}

const seed = ({ by }: { readonly by: string }) => by === "0.16.4"

Vectors.suite("Joy's vectors through the command", "joy", (vectors) => {
  const index: Json = vectors.json("index.json")

  it("sessions: each file is judged as Joy judges it, at every time and under every key", async () => {
    const checks = index.sessions.flatMap(({ checks, file }: Json) =>
      checks.filter(seed).map((check: Json) => ({ file, check }))
    )
    const answers = await ask(
      checks.map(({ check, file }: Json) => ({
        file: Path.join(vectors.directory, file),
        profile: "joy",
        project: check.project_id,
        keys: { identity: check.public_key },
        at: check.now
      }))
    )
    assert.lengthOf(answers, 148)
    for (const [at, { check, file }] of checks.entries()) {
      const { kind, profile, reason, verdict } = answers[at]
      assert.deepStrictEqual([kind, profile], ["joy-session", "joy"], file)
      assert.strictEqual(verdict, check.verdict === "ok" ? "verified" : "refused", `${file} at ${check.now}: ${reason}`)
    }
  })

  it("sessions: a file is known for Joy's without being told so", async () => {
    const readable = index.sessions.filter(({ checks }: Json) =>
      checks.filter(seed).some(({ load }: Json) => load === "ok")
    )
    const answers = await ask(readable.map(({ file }: Json) => ({ file: Path.join(vectors.directory, file) })))
    assert.isAbove(answers.length, 50)
    for (const [at, { kind, profile, verdict }] of answers.entries()) {
      assert.deepStrictEqual([kind, profile], ["joy-session", "joy"], readable[at].file)
      assert.notStrictEqual(verdict, "verified")
    }
  })

  it("tokens: each text is judged as Joy judges it, in upper and lower case of its keys", async () => {
    const checks = index.tokens.flatMap(({ checks, id, token }: Json) =>
      checks.filter(seed).map((check: Json) => ({ id, token, check }))
    )
    for (const spelled of [(key: string) => key, (key: string) => key.toUpperCase()]) {
      const answers = await ask(
        checks.map(({ check, token }: Json) => ({
          input: token,
          profile: "joy",
          project: check.project_id,
          keys: { delegator: spelled(check.delegator_key), binding: spelled(check.delegation_key) },
          at: check.now
        }))
      )
      assert.isAbove(answers.length, 83)
      for (const [at, { check, id }] of checks.entries()) {
        assert.strictEqual(
          answers[at].verdict,
          check.verdict === "ok" ? "verified" : "refused",
          `${id}: ${answers[at].reason}`
        )
        assert.notInclude(JSON.stringify(answers[at]), check.delegation_seed ?? "no seed")
      }
    }
  })

  it("JOY_SESSION values: read where Joy reads them, refused where it does not, and no seed is shown", async () => {
    const answers = await ask(index.env.map(({ value }: Json) => ({ input: value, profile: "joy" })))
    assert.lengthOf(answers, 41)
    for (const [at, { checks, id }] of index.env.entries()) {
      const check = checks.find(seed)
      const { value, verdict } = answers[at]
      assert.strictEqual(verdict, check.verdict === "ok" ? "unverified" : "refused", id)
      if (check.verdict !== "ok") continue
      assert.strictEqual(value.session_id, check.session_id)
      assert.notInclude(JSON.stringify(value), check.session_seed)
    }
  })

  it("tokens and values are known for Joy's by their prefix", async () => {
    const texts = [
      ...index.env.filter(({ checks }: Json) => checks.find(seed).verdict === "ok").map(({ value }: Json) => value),
      ...index.tokens.filter(({ checks }: Json) => checks.find(seed).is_token).map(({ token }: Json) => token)
    ]
    for (const { profile } of await ask(texts.map((input) => ({ input })))) assert.strictEqual(profile, "joy")
  })
})

Vectors.suite("Audex's vectors through the command", "audex", (vectors) => {
  const { files }: Json = vectors.json("index.json")

  it("each file is read as Audex reads it, with exactly its fields, or refused", async () => {
    const answers = await ask(
      files.map(({ file }: Json) => ({ file: Path.join(vectors.directory, file), profile: "audex" }))
    )
    const counts: Record<string, number> = {}
    for (const [at, { file, load, load_id, name, reader }] of files.entries()) {
      const { kind, profile, reason, value, verdict } = answers[at]
      counts[reader] = (counts[reader] ?? 0) + 1
      assert.deepStrictEqual([kind, profile], ["credential-session", "audex"], file)
      assert.isNotEmpty(reason)
      if (reader === "must-accept") assert.strictEqual(verdict, "unverified", `${name}: ${reason}`)
      if (reader === "must-refuse") assert.strictEqual(verdict, "refused", name)
      if (verdict === "refused" || !load.ok) continue
      const { session } = load
      assert.deepStrictEqual(
        [
          value.id,
          value.status,
          value.role_arn,
          value.provider,
          value.command,
          value.policy.resources,
          value.created_at
        ],
        [
          session.id,
          session.status,
          session.role_arn,
          session.provider,
          session.command,
          session.resources,
          session.created_at.text
        ],
        name
      )
      assert.deepStrictEqual(
        value.policy.actions.map(({ action, service }: Json) => [service, action]),
        session.actions,
        name
      )
      assert.strictEqual(reason.includes("another than the name"), session.id !== load_id, name)
    }
    assert.isAbove(counts["must-accept"] ?? 0, 50)
    assert.isAbove(counts["must-refuse"] ?? 0, 50)
  })

  it("each file that the original wrote is known for Audex's without being told so", async () => {
    const written = files.filter(({ kind }: Json) => kind === "written-by-original")
    const answers = await ask(written.map(({ file }: Json) => ({ file: Path.join(vectors.directory, file) })))
    for (const [at, { profile, verdict }] of answers.entries()) {
      assert.deepStrictEqual([profile, verdict], ["audex", "unverified"], written[at].file)
    }
  })
})
