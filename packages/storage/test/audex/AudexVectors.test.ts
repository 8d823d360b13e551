import * as AudexCodec from "@bailiwick/storage/audex/AudexCodec"
import * as AudexInspect from "@bailiwick/storage/audex/AudexInspect"
import * as AudexSession from "@bailiwick/storage/audex/AudexSession"
import * as FlatPolicy from "@bailiwick/storage/audex/FlatPolicy"
import * as SessionFiles from "@bailiwick/storage/audex/SessionFiles"
import * as Vectors from "@bailiwick/testkit/Vectors"
import * as JoyTime from "@bailiwick/tokens/joy/JoyTime"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { createHash } from "node:crypto"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as TemporaryStore from "../TemporaryStore.ts"
import * as Sample from "./Sample.ts"

const Time = Schema.Struct({ text: Schema.String, unix_seconds: Schema.Int, nanos: Schema.Int })

const Session = Schema.Struct({
  id: Schema.String,
  created_at: Time,
  expires_at: Time,
  ttl_seconds: Schema.String,
  budget: Schema.NullOr(Schema.Struct({ text: Schema.String, bits: Schema.String })),
  actions: Schema.Array(Schema.Array(Schema.String)),
  resources: Schema.Array(Schema.String),
  status: Schema.String,
  role_arn: Schema.String,
  command: Schema.Array(Schema.String),
  access_key_id: Schema.NullOr(Schema.String),
  provider: Schema.String,
  agent_id: Schema.NullOr(Schema.String),
  principal_id: Schema.NullOr(Schema.String),
  tags: Schema.Record(Schema.String, Schema.String),
  derived: Schema.Struct({
    short_id: Schema.String,
    principal: Schema.String,
    action_texts: Schema.Array(Schema.String)
  })
})

const File = Schema.Struct({
  file: Schema.String,
  name: Schema.String,
  note: Schema.String,
  sha256: Schema.String,
  kind: Schema.String,
  load_id: Schema.String,
  list: Schema.String,
  rewrite_identical: Schema.optionalKey(Schema.NullOr(Schema.Boolean)),
  reader: Schema.Literals(["must-accept", "must-refuse", "may-refuse", "either"]),
  budget_correct_bits: Schema.optionalKey(Schema.String),
  load: Schema.Union([
    Schema.Struct({ ok: Schema.Literal(true), session: Session }),
    Schema.Struct({ ok: Schema.Literal(false), error: Schema.String })
  ])
})

const Loaded = Schema.Struct({ load_id: Schema.String, ok: Schema.Boolean, id: Schema.optionalKey(Schema.String) })

const Layout = Schema.Struct({
  name: Schema.String,
  note: Schema.String,
  setup: Schema.Array(
    Schema.Struct({
      op: Schema.Literals(["session", "text", "directory", "symlink"]),
      path: Schema.String,
      id: Schema.optionalKey(Schema.String),
      text: Schema.optionalKey(Schema.String),
      target: Schema.optionalKey(Schema.String)
    })
  ),
  list: Schema.Struct({ ok: Schema.Boolean, ids: Schema.optionalKey(Schema.Array(Schema.String)) }),
  load: Schema.Array(Loaded)
})

const Index = Schema.Struct({
  files: Schema.Array(File),
  layouts: Schema.Array(Layout),
  ids: Schema.Array(Schema.Struct({ id: Schema.String, valid: Schema.Boolean }))
})

const bits = (value: number): string => {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  return view.getBigUint64(0).toString(16).padStart(16, "0")
}

const time = (value: AudexSession.Time) => ({
  text: JoyTime.format(value),
  unix_seconds: value.seconds,
  nanos: value.nanos
})

/** A session in the words of the index. */
const described = (session: AudexSession.AudexSession): typeof Session.Type => ({
  id: session.id,
  created_at: time(session.created_at),
  expires_at: time(session.expires_at),
  ttl_seconds: String(session.ttl_seconds),
  budget: session.budget === undefined ? null : { text: written(session, "budget"), bits: bits(session.budget) },
  actions: session.policy.actions.map(({ action, service }) => [service, action]),
  resources: session.policy.resources,
  status: session.status,
  role_arn: session.role_arn,
  command: session.command,
  access_key_id: session.access_key_id ?? null,
  provider: session.provider,
  agent_id: session.agent_id ?? null,
  principal_id: session.principal_id ?? null,
  tags: Object.fromEntries(session.tags),
  derived: {
    short_id: AudexSession.shortId(session),
    principal: AudexSession.principalId(session),
    action_texts: session.policy.actions.map((action) => FlatPolicy.actionText(session.provider, action))
  }
})

const written = (session: AudexSession.AudexSession, member: string): string =>
  new RegExp(`"${member}": (.*),\n`, "u").exec(AudexCodec.encode(session))?.[1] ?? ""

Vectors.suite("files of the original", "audex", (vectors) => {
  const { files, ids, layouts } = Schema.decodeUnknownSync(Index)(vectors.json("index.json"))
  const bytes = (file: string) => new Uint8Array(Fs.readFileSync(Path.join(vectors.directory, file)))

  it("are all there, whole", () => {
    assert.deepStrictEqual(
      ["written-by-original", "accepted-by-original", "refused-by-original"].map(
        (kind) => files.filter((file) => file.kind === kind).length
      ),
      [49, 28, 53]
    )
    for (const { file, sha256 } of files) {
      assert.strictEqual(createHash("sha256").update(bytes(file)).digest("hex"), sha256, file)
    }
  })

  describe("are read as the original reads them", () => {
    for (const vector of files) {
      it(`${vector.name}: ${vector.note}`, () => {
        const content = bytes(vector.file)
        const read = Result.flatMap(AudexCodec.text(content), AudexCodec.decode)
        if (vector.reader === "must-refuse") assert.isTrue(Result.isFailure(read))
        if (vector.reader === "must-accept") assert.isTrue(Result.isSuccess(read))
        if (Result.isFailure(read) || !vector.load.ok) return
        const expected = vector.load.session
        const found = described(read.success)
        if (vector.budget_correct_bits !== undefined) {
          assert.include([expected.budget?.bits, vector.budget_correct_bits], found.budget?.bits)
          assert.deepStrictEqual({ ...found, budget: null }, { ...expected, budget: null })
        } else assert.deepStrictEqual(found, expected)
        const again = AudexCodec.encode(read.success)
        if (
          vector.rewrite_identical === true ||
          (vector.kind === "written-by-original" && vector.rewrite_identical === null)
        ) {
          assert.strictEqual(again, new TextDecoder().decode(content))
        }
        assert.deepStrictEqual(described(Result.getOrThrow(AudexCodec.decode(again))), found)
      })
    }
  })

  describe("are listed beside a good neighbour, or said by name", () => {
    it.effect("whatever each of them is", () =>
      Effect.gen(function* () {
        for (const vector of files) {
          const directory = yield* TemporaryStore.directory
          const name = `${vector.load_id}.json`
          Fs.writeFileSync(Path.join(directory, name), bytes(vector.file))
          Fs.writeFileSync(Path.join(directory, "good.json"), AudexCodec.encode(Sample.session))
          const { problems, sessions } = yield* (yield* Sample.store(directory)).list
          const names = sessions.map((stored) => stored.name)
          assert.include(names, "good.json", vector.name)
          assert.deepStrictEqual(
            [...names, ...problems.map((problem) => problem.name)].toSorted(),
            [name, "good.json"].toSorted(),
            vector.name
          )
          if (vector.list === "listed") assert.deepStrictEqual(problems, [], vector.name)
        }
      })
    )
  })

  describe("are inspected", () => {
    it("as unverified or refused, never as verified", () => {
      for (const vector of files) {
        const answer = AudexInspect.inspect({ text: bytes(vector.file), name: `${vector.load_id}.json` })
        assert.strictEqual(answer.kind, "credential-session")
        assert.strictEqual(answer.profile, "audex")
        if (vector.reader === "must-refuse") assert.deepStrictEqual([answer.verdict, answer.value], ["refused", null])
        if (vector.reader === "must-accept") assert.strictEqual(answer.verdict, "unverified", vector.name)
      }
    })
  })

  describe("lie in directories as the original meets them", () => {
    for (const layout of layouts) {
      it.effect(`${layout.name}: ${layout.note}`, () =>
        Effect.gen(function* () {
          const directory = Path.join(yield* TemporaryStore.directory, "sessions")
          Fs.mkdirSync(directory, { mode: 0o755 })
          for (const { id = "", op, path, target = "", text = "" } of layout.setup) {
            const place = Path.join(directory, path)
            if (op === "directory") Fs.mkdirSync(place)
            else if (op === "symlink") Fs.symlinkSync(target, place)
            else Fs.writeFileSync(place, op === "text" ? text : AudexCodec.encode({ ...Sample.session, id }))
          }
          const store = yield* Sample.store(directory)
          const { problems, sessions } = yield* store.list
          const found = sessions.map(({ session }) => session.id).toSorted()
          // Where the original's whole list fails, ours skips the one entry and says so.
          if (layout.list.ok) assert.deepStrictEqual(found, layout.list.ids)
          else assert.deepStrictEqual([found, problems.length], [["good-1"], 1])
          for (const { id, load_id, ok } of layout.load) {
            const result = yield* Effect.result(store.load(load_id))
            assert.strictEqual(Result.isSuccess(result), ok, load_id)
            if (Result.isSuccess(result)) assert.strictEqual(result.success.session.id, id)
          }
        })
      )
    }
  })

  it("let the same ids through to a path", () => {
    assert.lengthOf(ids, 17)
    for (const { id, valid } of ids) assert.strictEqual(Result.isSuccess(SessionFiles.nameOf(id)), valid, id)
  })
})
