import * as Record from "@bailiwick/tokens/Record"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { createHash } from "node:crypto"
import * as World from "./World.ts"

const records = Effect.gen(function* () {
  const all: ReadonlyArray<Record.Record> = [
    { kind: "project", payload: yield* World.projectRecord },
    { kind: "member", payload: yield* World.memberRecord(World.claude, "claude") },
    { kind: "delegation", payload: yield* World.delegationRecord("you", World.you, World.claude) }
  ]
  return all
})

layer(World.TestLayer)("Record", (it) => {
  it.effect("gives back what it signed, verified or not", () =>
    Effect.gen(function* () {
      for (const record of yield* records) {
        const text = yield* Record.sign({ ...record, seed: World.seed("you") })
        assert.deepStrictEqual(Result.getOrThrow(Record.decode(record.kind, text)), record)
        assert.deepStrictEqual(yield* Record.verify(record.kind, text, yield* World.keyOf("you")), record)
        assert.strictEqual(yield* Record.signer(record.kind, text), (yield* World.keyOf("you")).kid)
      }
    })
  )

  it.effect("writes the members in the order of the format, whatever the caller's", () =>
    Effect.gen(function* () {
      const { log, iat, ...rest } = yield* World.memberRecord(World.claude, "claude")
      const text = yield* Record.sign({ kind: "member", payload: { log, iat, ...rest }, seed: World.seed("you") })
      const payload = Buffer.from(text.split(".")[1] ?? "", "base64url").toString()
      assert.deepStrictEqual(
        [...payload.matchAll(/"(\w+)":/gu)].map(([, name]) => name),
        [
          "v",
          "project",
          "member",
          "kind",
          "role",
          "jwk",
          "kty",
          "crv",
          "x",
          "seq",
          "iat",
          "valid_from",
          "log",
          "size",
          "root"
        ]
      )
    })
  )

  it.effect("is named by the SHA-256 of its signing input", () =>
    Effect.gen(function* () {
      const text = yield* Record.sign({ kind: "project", payload: yield* World.projectRecord, seed: World.seed("you") })
      const input = text.split(".").slice(0, 2).join(".")
      assert.strictEqual<string>(Record.hash(text), createHash("sha256").update(input).digest("base64url"))
    })
  )

  it.effect("is verified as no other kind", () =>
    Effect.gen(function* () {
      const text = yield* Record.sign({ kind: "project", payload: yield* World.projectRecord, seed: World.seed("you") })
      const key = yield* World.keyOf("you")
      for (const kind of ["member", "delegation"] as const) {
        yield* World.refused(Record.verify(kind, text, key), "WrongKind")
        assert.isTrue(Result.isFailure(Record.decode(kind, text)))
      }
    })
  )

  it.effect("is not signed when a reader would refuse its form", () =>
    Effect.gen(function* () {
      const seed = World.seed("you")
      const member = yield* World.memberRecord(World.claude, "claude")
      const project = yield* World.projectRecord
      const delegation = yield* World.delegationRecord("you", World.you, World.claude)
      const { jwk: _, ...keyless } = yield* World.memberRecord(World.mate, "mate")
      const refused = (record: Record.Record) => World.refused(Record.sign({ ...record, seed }), "Malformed")
      yield* refused({ kind: "member", payload: { ...member, role: "auditor" } })
      yield* refused({ kind: "member", payload: { ...member, kind: "human" } })
      yield* refused({ kind: "member", payload: { ...member, member: World.claudeTests } })
      yield* refused({ kind: "member", payload: { ...member, project: World.globex } })
      yield* refused({ kind: "member", payload: keyless })
      yield* refused({ kind: "project", payload: { ...project, owners: [] } })
      yield* refused({ kind: "project", payload: { ...project, owners: [...project.owners, ...project.owners] } })
      yield* refused({ kind: "project", payload: { ...project, ttl: { token: 24 * 3600 + 1 } } })
      yield* refused({ kind: "delegation", payload: { ...delegation, agent: World.claudeTests } })
      yield* refused({ kind: "delegation", payload: { ...delegation, agent: World.mate } })
      yield* refused({ kind: "delegation", payload: { ...delegation, project: World.globex } })
      const endpoint = (text: string) => ({ [World.dev]: { provider: "aws" as const, principal: "p", endpoint: text } })
      for (const wrong of ["http://example.com", "ftp://localhost", "https://user@example.com", "example.com"]) {
        yield* refused({ kind: "project", payload: { ...project, targets: endpoint(wrong) } })
      }
      for (const right of ["https://example.com", "http://localhost:4566", "http://127.0.0.1", "http://[::1]:1"]) {
        yield* Record.sign({ kind: "project", payload: { ...project, targets: endpoint(right) }, seed })
      }
    })
  )

  it.effect("refuses a record with a name that is none of the format's", () =>
    Effect.gen(function* () {
      const payload = yield* World.projectRecord
      const seed = World.seed("you")
      for (const name of ["Dev", "-dev", "a".repeat(33), "d e"]) {
        const targets = { [name]: payload.targets[World.dev] }
        // A caller without types could hand this over; a dropped target would be a dropped limit.
        const signed = Record.sign({ kind: "project", payload: { ...payload, targets: targets as never }, seed })
        yield* World.refused(signed, "Malformed")
      }
    })
  )
})
