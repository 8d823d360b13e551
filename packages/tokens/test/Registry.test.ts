import type * as RecordRegistry from "@bailiwick/core/ports/RecordRegistry"
import type * as UnixTime from "@bailiwick/core/UnixTime"
import type * as Record from "@bailiwick/tokens/Record"
import * as Registry from "@bailiwick/tokens/Registry"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as World from "./World.ts"

const member = World.memberChain
const delegation = World.delegationChain

/** What one more record does to the project, built whole. */
const plus = Effect.fnUntraced(function* (
  ...[of, edits, options]: [World.ChainOf, object, { signer?: string; time?: UnixTime.UnixTime }?]
) {
  return yield* Registry.build(yield* World.extended(yield* World.rows, of, edits, options))
})

/** What one more first record of a chain does. */
const joined = Effect.fnUntraced(function* (record: Record.Record, signer = "you", place = 8) {
  return yield* Registry.build([...(yield* World.rows), yield* World.signed(record, signer, place)])
})

const newMember = Effect.fnUntraced(function* (id: Parameters<typeof World.memberRecord>[0], key: string, edits = {}) {
  const record: Record.Record = { kind: "member", payload: yield* World.memberRecord(id, key, edits) }
  return record
})

const newDelegation = Effect.fnUntraced(function* (...args: Parameters<typeof World.delegationRecord>) {
  const record: Record.Record = { kind: "delegation", payload: yield* World.delegationRecord(...args) }
  return record
})

layer(World.TestLayer)("Registry", (it) => {
  it.effect("answers who is who, now and at a place", () =>
    Effect.gen(function* () {
      const registry = yield* World.registry
      const view = registry.now(World.now)
      assert.strictEqual<string>(registry.project, World.project)
      assert.strictEqual(registry.founder, (yield* World.keyOf("you")).kid)
      assert.deepStrictEqual<ReadonlyArray<string>>(
        view.members.map((one) => one.member),
        [World.you, World.claude, World.other, World.mate]
      )
      assert.deepStrictEqual<ReadonlyArray<string>>(
        view.owners.map((one) => one.member),
        [World.you]
      )
      assert.isTrue(view.isOwner(World.you))
      assert.isFalse(view.isOwner(World.mate))
      assert.strictEqual(Option.getOrThrow(view.keyOf(World.claude)).kid, (yield* World.keyOf("claude")).kid)
      assert.strictEqual(Option.getOrThrow(view.member(World.claudeTests)).member, World.claude)
      assert.strictEqual(view.delegations.length, 3)
      const early = registry.at({ place: 4, time: World.time(4) })
      assert.isTrue(Option.isNone(early.delegation(World.you, World.claude)))
      assert.isTrue(Option.isSome(registry.at({ place: 5, time: World.time(5) }).delegation(World.you, World.claude)))
    })
  )

  it.effect("knows a member from valid_from until before revoked_at", () =>
    Effect.gen(function* () {
      const term = { valid_from: World.time(50), revoked_at: World.time(60) }
      const registry = yield* plus(member(World.mate), term)
      const known = (at: number) => Option.isSome(registry.now(World.time(at)).keyOf(World.mate))
      assert.deepStrictEqual([49, 50, 59, 60].map(known), [false, true, true, false])
      assert.isTrue(Option.isSome(registry.now(World.time(60)).member(World.mate)))
    })
  )

  it.effect("refuses an empty registry, one without the founder's member record, and one that begins otherwise", () =>
    Effect.gen(function* () {
      const rows = yield* World.rows
      for (const some of [
        [],
        rows.slice(0, 1),
        rows.slice(1),
        [rows[0], rows[2], rows[1]].filter((one) => one !== undefined)
      ]) {
        yield* World.refused(Registry.build(some), "NotFounded")
      }
    })
  )

  it.effect("refuses a founder who is not the pinned one", () =>
    Effect.gen(function* () {
      const rows = yield* World.rows
      yield* Registry.build(rows, { founder: (yield* World.keyOf("you")).kid })
      yield* World.refused(Registry.build(rows, { founder: (yield* World.keyOf("mate")).kid }), "NotFounded")
    })
  )

  it.effect("refuses a founder who is not an owner, or whose two records have two signers", () =>
    Effect.gen(function* () {
      const project: Record.Record = { kind: "project", payload: yield* World.projectRecord }
      const owners = [(yield* World.keyOf("mate")).kid]
      const founder = yield* World.signed(yield* newMember(World.you, "you"), "you", 1)
      const orphaned: Record.Record = { kind: "project", payload: { ...project.payload, owners } }
      yield* World.refused(Registry.build([yield* World.signed(orphaned, "you", 0), founder]), "NotFounded")
      yield* World.refused(Registry.build([yield* World.signed(project, "mate", 0), founder]), "WrongKey")
      const byMate = yield* World.signed(yield* newMember(World.you, "you"), "mate", 1)
      yield* World.refused(Registry.build([yield* World.signed(project, "you", 0), byMate]), "WrongKey")
    })
  )

  it.effect("refuses gaps, forks, a wrong predecessor and a date before it", () =>
    Effect.gen(function* () {
      yield* plus(World.projectChain, { name: "Acme again" })
      yield* World.refused(plus(World.projectChain, { seq: 2 }), "BrokenRecords")
      yield* World.refused(plus(World.projectChain, { seq: 0 }), "BrokenRecords")
      const [, founder] = yield* World.rows
      yield* World.refused(plus(World.projectChain, { prev: founder?.hash }), "BrokenRecords")
      yield* World.refused(plus(World.projectChain, { iat: World.time(-1) }), "BrokenRecords")
      const once = yield* World.extended(yield* World.rows, World.projectChain, { name: "One" })
      const twice = yield* World.extended(yield* World.rows, World.projectChain, { name: "Two" }, { place: 9 })
      yield* World.refused(Registry.build([...once, ...twice.slice(-1)]), "BrokenRecords")
    })
  )

  it.effect("refuses a first record that names a predecessor", () =>
    Effect.gen(function* () {
      const [first] = yield* World.rows
      const prev = first?.hash
      yield* World.refused(
        joined(yield* newMember(World.claude, "x", { member: "ai:new@acme", prev })),
        "BrokenRecords"
      )
    })
  )

  it.effect("refuses a record dated more than half a minute behind its acceptance", () =>
    Effect.gen(function* () {
      yield* plus(World.projectChain, { iat: World.time(38) })
      yield* World.refused(plus(World.projectChain, { iat: World.time(39) }), "NotYet")
    })
  )

  it.effect("refuses rows that say something else than their bytes, or stand out of order", () =>
    Effect.gen(function* () {
      const rows = yield* World.rows
      const [first, second, third, ...rest] = rows
      assert.isDefined(first)
      assert.isDefined(second)
      assert.isDefined(third)
      for (const edit of [{ chain: "ai:other@acme" }, { seq: 1 }, { hash: second.hash }]) {
        yield* World.refused(Registry.build([first, second, { ...third, ...edit }, ...rest]), "BrokenRecords")
      }
      yield* World.refused(Registry.build([first, second, { ...third, place: 1 }, ...rest]), "BrokenRecords")
      yield* World.refused(Registry.build([first, second, { ...third, kind: "delegation" }, ...rest]), "WrongKind")
    })
  )

  it.effect("refuses a record with a flipped bit in any of its characters' classes", () =>
    Effect.gen(function* () {
      const [first, second, third, ...rest] = yield* World.rows
      assert.isDefined(first)
      assert.isDefined(second)
      assert.isDefined(third)
      for (let at = 0; at < third.jws.length; at += 7) {
        const flipped = String.fromCharCode(third.jws.charCodeAt(at) ^ 1)
        const jws = third.jws.slice(0, at) + flipped + third.jws.slice(at + 1)
        const exit = yield* Effect.exit(Registry.build([first, second, { ...third, jws }, ...rest]))
        assert.strictEqual(exit._tag, "Failure", `character ${at}`)
      }
    })
  )

  it.effect("refuses project and member records that no owner signed", () =>
    Effect.gen(function* () {
      yield* World.refused(plus(World.projectChain, { name: "x" }, { signer: "mate" }), "NotEntitled")
      yield* World.refused(plus(member(World.claude), { valid_from: World.time(1) }, { signer: "mate" }), "NotEntitled")
      yield* World.refused(plus(World.projectChain, { name: "x" }, { signer: "stranger" }), "NotEntitled")
      yield* World.refused(plus(World.projectChain, { name: "x" }, { signer: "claude" }), "NotEntitled")
    })
  )

  it.effect("takes no record from an agent, though its key stands among the owners", () =>
    Effect.gen(function* () {
      const owners = [(yield* World.keyOf("you")).kid, (yield* World.keyOf("claude")).kid]
      const shared = yield* World.extended(yield* World.rows, World.projectChain, { owners })
      assert.isFalse(
        (yield* Registry.build(shared)).now(World.now).owners.some((owner) => owner.member === World.claude)
      )
      const byAgent = yield* World.extended(shared, World.projectChain, { name: "x" }, { signer: "claude" })
      yield* World.refused(Registry.build(byAgent), "NotEntitled")
    })
  )

  it.effect("judges entitlement at the place of acceptance, not at the date in the record", () =>
    Effect.gen(function* () {
      const owners = [(yield* World.keyOf("you")).kid, (yield* World.keyOf("mate")).kid]
      const shared = yield* World.extended(yield* World.rows, World.projectChain, { owners })
      // Before the place at which mate became an owner their signature counts for nothing, behind it for everything.
      yield* World.refused(
        Effect.flatMap(
          World.extended(yield* World.rows, World.projectChain, { owners }, { signer: "mate" }),
          Registry.build
        ),
        "NotEntitled"
      )
      const byMate = yield* World.extended(
        shared,
        member(World.claude),
        { valid_from: World.time(9) },
        { signer: "mate" }
      )
      yield* Registry.build(byMate)
      // An owner who is no longer in force signs nothing, though their key still stands among the owners.
      const gone = yield* World.extended(shared, member(World.mate), { revoked_at: World.time(9) })
      yield* World.refused(
        Effect.flatMap(
          World.extended(
            gone,
            member(World.claude),
            { valid_from: World.time(9) },
            { signer: "mate", time: World.time(20) }
          ),
          Registry.build
        ),
        "NotEntitled"
      )
      assert.isFalse((yield* Registry.build(gone)).now(World.now).isOwner(World.mate))
    })
  )

  it.effect("refuses a delegation that its human did not sign, or to an agent who is not enrolled at its place", () =>
    Effect.gen(function* () {
      yield* joined(yield* newDelegation("mate", World.mate, World.claude), "mate")
      yield* World.refused(joined(yield* newDelegation("mate", World.mate, World.claude), "you"), "NotEntitled")
      const nobody = World.claudeTests.replace("claude/tests", "nobody") as typeof World.claude
      yield* World.refused(joined(yield* newDelegation("mate", World.mate, nobody), "mate"), "NotInForce")
      const rows = yield* World.extended(yield* World.rows, member(World.claude), { revoked_at: World.time(8) })
      const late = yield* World.signed(yield* newDelegation("mate", World.mate, World.claude), "mate", 9)
      yield* World.refused(Registry.build([...rows, late]), "NotInForce")
      // Ending what was lent to an agent who has left is always possible.
      yield* Registry.build(yield* World.extended(rows, delegation(World.you, World.claude), { ended: true }))
    })
  )

  it.effect("refuses a record of another project", () =>
    Effect.gen(function* () {
      yield* World.refused(plus(World.projectChain, { project: "globex" }), "WrongProject")
      yield* World.refused(plus(member(World.mate), { project: "globex" }), "WrongProject")
    })
  )

  it.effect("refuses one key for two members, for a member and a verifier, for two delegations, for ever", () =>
    Effect.gen(function* () {
      const { jwk: claudes } = yield* World.keyOf("claude")
      const { verifier } = yield* World.delegationRecord("you", World.you, World.claude)
      yield* World.refused(plus(member(World.other), { jwk: claudes }), "KeyReused")
      yield* World.refused(plus(member(World.other), { jwk: verifier }), "KeyReused")
      yield* World.refused(
        plus(delegation(World.you, World.other), { verifier: claudes, salt: World.salt("new") }),
        "KeyReused"
      )
      yield* World.refused(plus(delegation(World.you, World.other), { verifier, salt: World.salt("new") }), "KeyReused")
      const rekeyed = yield* World.extended(yield* World.rows, member(World.claude), { jwk: yield* World.jwkOf("new") })
      yield* World.refused(
        Effect.flatMap(World.extended(rekeyed, member(World.other), { jwk: claudes }), Registry.build),
        "KeyReused"
      )
      yield* Registry.build(yield* World.extended(rekeyed, member(World.claude), { jwk: claudes }))
    })
  )

  it.effect("refuses a key that is no point of the prime-order group", () =>
    World.refused(
      plus(member(World.other), {
        jwk: { kty: "OKP", crv: "Ed25519", x: "xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA3o" }
      }),
      "BadKey"
    )
  )

  it.effect("reopens an ended delegation only with a new salt, and brings no old one back", () =>
    Effect.gen(function* () {
      const of = delegation(World.you, World.claude)
      const fresh = yield* World.delegationRecord("you", World.you, World.claude, { salt: World.salt("new") })
      const old = yield* World.delegationRecord("you", World.you, World.claude)
      const change = ({ salt, verifier }: typeof fresh) => ({ salt, verifier })
      const ended = yield* World.extended(yield* World.rows, of, { ended: true })
      yield* Registry.build(ended)
      yield* World.refused(Effect.flatMap(withoutEnded(ended, of, change(old)), Registry.build), "BrokenRecords")
      const again = yield* withoutEnded(ended, of, change(fresh))
      yield* Registry.build(again)
      yield* World.refused(Effect.flatMap(World.extended(again, of, change(old)), Registry.build), "BrokenRecords")
      yield* World.refused(plus(of, { salt: fresh.salt }), "BrokenRecords")
      yield* World.refused(plus(of, { verifier: fresh.verifier }), "BrokenRecords")
      yield* plus(of, {})
    })
  )

  it.effect("always keeps an owner who is a human member in force, now and later", () =>
    Effect.gen(function* () {
      const stranger = (yield* World.keyOf("stranger")).kid
      const mates = (yield* World.keyOf("mate")).kid
      const yours = (yield* World.keyOf("you")).kid
      yield* World.refused(plus(World.projectChain, { owners: [stranger] }), "NoOwnerLeft")
      yield* World.refused(plus(World.projectChain, { owners: [(yield* World.keyOf("claude")).kid] }), "NoOwnerLeft")
      yield* plus(World.projectChain, { owners: [mates] })
      yield* World.refused(plus(member(World.you), { revoked_at: World.time(8) }), "NoOwnerLeft")
      yield* World.refused(plus(member(World.you), { revoked_at: World.time(99999) }), "NoOwnerLeft")
      yield* World.refused(plus(member(World.you), { jwk: yield* World.jwkOf("new") }), "NoOwnerLeft")
      yield* World.refused(plus(member(World.you), { valid_from: World.time(10) }), "NoOwnerLeft")
      const shared = yield* World.extended(yield* World.rows, World.projectChain, { owners: [yours, mates] })
      const leaving = yield* World.extended(shared, member(World.you), { revoked_at: World.time(20) })
      yield* Registry.build(leaving)
      const late = yield* World.extended(leaving, member(World.mate), { valid_from: World.time(21) })
      yield* World.refused(Registry.build(late), "NoOwnerLeft")
      yield* Registry.build(yield* World.extended(leaving, member(World.mate), { valid_from: World.time(20) }))
    })
  )

  it.effect("admits one more record as building it whole would, and refuses the same ones", () =>
    Effect.gen(function* () {
      const registry = yield* World.registry
      const rows = yield* World.extended(yield* World.rows, World.projectChain, { name: "Acme again" })
      const accepted = rows.at(-1) ?? assert.fail()
      const admitted = yield* Registry.admit(registry, accepted)
      assert.deepStrictEqual(admitted.accepted, accepted)
      assert.strictEqual(admitted.record.kind, "project")
      assert.strictEqual(admitted.registry.now(World.now).project.name, "Acme again")
      assert.strictEqual(registry.now(World.now).project.name, "Acme")
      const byMate = yield* World.extended(yield* World.rows, World.projectChain, { name: "x" }, { signer: "mate" })
      yield* World.refused(Registry.admit(registry, byMate.at(-1) ?? assert.fail()), "NotEntitled")
    })
  )
})

/** A successor without `ended`: spreading cannot take a member away. */
const withoutEnded = Effect.fnUntraced(function* (
  accepted: ReadonlyArray<RecordRegistry.AcceptedRecord>,
  of: World.ChainOf,
  edits: object
) {
  const last = accepted.findLast((one) => one.kind === of.kind && one.chain === of.chain) ?? assert.fail()
  const payload = yield* World.delegationRecord("you", World.you, World.claude, {
    seq: last.seq + 1,
    prev: last.hash,
    ...edits
  })
  const place = (accepted.at(-1)?.place ?? 0) + 1
  return [...accepted, yield* World.signed({ kind: "delegation", payload }, "you", place)]
})
