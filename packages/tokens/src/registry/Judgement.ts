/** The judgement of records, one after the other, each at its own place in the log (formats §2). */
import type * as DelegationRecord from "@bailiwick/core/DelegationRecord"
import type * as Jwk from "@bailiwick/core/Jwk"
import type * as Kid from "@bailiwick/core/Kid"
import type * as MemberRecord from "@bailiwick/core/MemberRecord"
import type * as RecordRegistry from "@bailiwick/core/ports/RecordRegistry"
import type * as ProjectId from "@bailiwick/core/ProjectId"
import type * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import * as UnixTime from "@bailiwick/core/UnixTime"
import type * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as PublicKey from "../PublicKey.ts"
import * as Record from "../Record.ts"
import * as TokenError from "../TokenError.ts"
import * as View from "./View.ts"

/** What has been accepted so far; it grows only by `admit`. */
export interface Bench {
  readonly project: ProjectId.ProjectId
  readonly founder: Kid.Kid
  readonly chains: {
    readonly project: Arr.NonEmptyArray<View.Standing<ProjectRecord.ProjectRecord>>
    readonly members: Map<string, Array<View.Standing<MemberRecord.MemberRecord>>>
    readonly delegations: Map<string, Array<View.Standing<DelegationRecord.DelegationRecord>>>
  }
  /** Every key that ever stood in a record, and the member or delegation that it belongs to for ever. */
  readonly keys: Map<Kid.Kid, string>
  /** The place of the newest record. */
  place: number
}

type Row = RecordRegistry.AcceptedRecord

const unfounded = (detail: string) => TokenError.refuse(new TokenError.NotFounded({ detail }))
const broken = (kind: Record.Kind, detail: string) => TokenError.refuse(new TokenError.BrokenRecords({ kind, detail }))
const unentitled = (kind: Record.Kind, detail: string) =>
  TokenError.refuse(new TokenError.NotEntitled({ kind, detail }))

/** Judges the two records with which a project begins, both signed by the founder, one of its owners. */
export const found = Effect.fnUntraced(function* (first: Row | undefined, second: Row | undefined, pinned?: Kid.Kid) {
  if (first?.kind !== "project" || second?.kind !== "member") {
    return yield* unfounded("record 0 of the project and the founder's member record come first")
  }
  // The founder's key stands only in the second record: it is taken from there to verify both, and both must name it.
  const claimed = yield* Effect.fromResult(Record.decode("member", second.jws))
  if (claimed.kind !== "member" || claimed.payload.kind !== "human" || claimed.payload.jwk === undefined) {
    return yield* unfounded("the founder is a human with a key")
  }
  const key = yield* check(claimed.payload.jwk, "founder")
  if (pinned !== undefined && pinned !== key.kid) return yield* unfounded("another key founded it than the pinned one")
  const project = yield* Record.verify("project", first.jws, key)
  const member = yield* Record.verify("member", second.jws, key)
  if (project.kind !== "project" || member.kind !== "member") return yield* unfounded("records of another kind")
  if (!project.payload.owners.includes(key.kid)) return yield* unfounded("the founder is not one of its owners")

  const standing = yield* follow(first, project, [], -1)
  const bench: Bench = {
    project: project.payload.project,
    founder: key.kid,
    chains: {
      project: [{ ...standing, payload: project.payload, key: Option.none() }],
      members: new Map(),
      delegations: new Map()
    },
    keys: new Map(),
    place: first.place
  }
  yield* accept(bench, second, member)
  yield* keepsAnOwner(bench, second.time)
  return bench
})

/** Judges one record by what stood just before it. */
export const admit = Effect.fnUntraced(function* (bench: Bench, row: Row) {
  const { kind } = row
  const view = View.make(bench.chains, View.everything(row.time))
  const kid = yield* Record.signer(kind, row.jws)
  const signer = view.bearer(kid)
  const key = Option.flatMap(signer, (member) => view.keyOf(member.member))
  if (Option.isNone(signer) || Option.isNone(key) || signer.value.kind !== "human") {
    return yield* unentitled(kind, "no human member in force has the key that signed it")
  }
  if (kind !== "delegation" && !view.project.owners.includes(kid)) {
    return yield* unentitled(kind, `${signer.value.member} is not an owner`)
  }
  const record = yield* Record.verify(kind, row.jws, key.value)
  if (record.kind === "delegation") {
    if (record.payload.human !== signer.value.member) {
      return yield* unentitled(kind, `${signer.value.member} signs no delegation of another human`)
    }
    yield* isEnrolled(view, record.payload)
  }
  yield* accept(bench, row, record)
  if (kind !== "delegation") yield* keepsAnOwner(bench, row.time)
})

/** The rules that every record obeys as the successor of `earlier`. */
const follow = Effect.fnUntraced(function* (
  row: Row,
  record: Record.Record,
  earlier: ReadonlyArray<View.Standing<Record.Record["payload"]>>,
  after: number
) {
  const { kind, payload } = record
  const last = earlier.at(-1)
  if (row.chain !== Record.chain(record) || row.seq !== payload.seq || row.hash !== Record.hash(row.jws)) {
    return yield* broken(kind, "a row of the registry is not what its signed bytes say")
  }
  if (row.place <= after) return yield* broken(kind, "the order of acceptance does not rise")
  if (payload.seq !== earlier.length || payload.prev !== last?.hash) {
    return yield* broken(kind, `seq ${payload.seq} does not follow on its predecessor`)
  }
  if (last !== undefined && payload.iat < last.payload.iat) {
    return yield* broken(kind, "it is dated before its predecessor")
  }
  if (payload.iat > row.time + UnixTime.leeway) {
    return yield* TokenError.refuse(new TokenError.NotYet({ what: `${kind} record`, iat: payload.iat }))
  }
  return { place: row.place, hash: row.hash }
})

/** Lets a record stand once it follows on its chain and brings no key that belongs elsewhere. */
const accept = Effect.fnUntraced(function* (bench: Bench, row: Row, record: Record.Record) {
  const chain = Record.chain(record)
  if (record.payload.project !== bench.project) return yield* TokenError.refuse(new TokenError.WrongProject())
  switch (record.kind) {
    case "project": {
      const standing = yield* follow(row, record, bench.chains.project, bench.place)
      bench.chains.project.push({ ...standing, payload: record.payload, key: Option.none() })
      break
    }
    case "member": {
      const earlier = bench.chains.members.get(chain) ?? []
      const standing = yield* follow(row, record, earlier, bench.place)
      // `kind` cannot change along the chain: the id alone decides it, and the schema holds the two together.
      const { jwk } = record.payload
      const key = jwk === undefined ? Option.none() : Option.some(yield* claim(bench, jwk, chain))
      bench.chains.members.set(chain, [...earlier, { ...standing, payload: record.payload, key }])
      break
    }
    case "delegation": {
      const earlier = bench.chains.delegations.get(chain) ?? []
      const standing = yield* follow(row, record, earlier, bench.place)
      yield* isFreshOrKept(
        earlier.map(({ payload }) => payload),
        record.payload
      )
      const key = Option.some(yield* claim(bench, record.payload.verifier, chain))
      bench.chains.delegations.set(chain, [...earlier, { ...standing, payload: record.payload, key }])
      break
    }
  }
  bench.place = row.place
})

const check = (jwk: Jwk.Jwk, what: string) =>
  Effect.catchTag(PublicKey.fromJwk(jwk), "PublicKeyError", () => TokenError.refuse(new TokenError.BadKey({ what })))

/** One key belongs to one member for ever and is never a verifier; a verifier belongs to one delegation. */
const claim = Effect.fnUntraced(function* (bench: Bench, jwk: Jwk.Jwk, owner: string) {
  const key = yield* check(jwk, "record")
  const known = bench.keys.get(key.kid)
  if (known !== undefined && known !== owner)
    return yield* TokenError.refuse(new TokenError.KeyReused({ what: "record" }))
  bench.keys.set(key.kid, owner)
  return key
})

/** A delegation names an agent enrolled at its place; ending one asks only that the agent was enrolled at all. */
const isEnrolled = (view: View.View, { human, agent, ended }: DelegationRecord.DelegationRecord) => {
  const known = ended === true ? view.member(agent) : view.memberInForce(agent)
  return Option.isSome(known) || agent === human
    ? Effect.void
    : TokenError.refuse(new TokenError.NotInForce({ member: agent }))
}

/**
 * Salt and verifier stay together or change together, and none comes back: an earlier pair would bring the tokens of
 * an ended delegation to life again.
 */
const isFreshOrKept = (
  earlier: ReadonlyArray<DelegationRecord.DelegationRecord>,
  { salt, verifier, ended }: DelegationRecord.DelegationRecord
) => {
  const last = earlier.at(-1)
  if (last?.salt === salt && last.verifier.x === verifier.x) {
    return last.ended === true && ended === undefined
      ? broken("delegation", "an ended delegation is reopened only with a new salt")
      : Effect.void
  }
  return earlier.some((record) => record.salt === salt || record.verifier.x === verifier.x)
    ? broken("delegation", "a rotation brings a new salt and with it a new verifier")
    : Effect.void
}

/** At every moment from `time` on, at least one owner is a human member in force. */
const keepsAnOwner = ({ chains }: Bench, time: UnixTime.UnixTime) => {
  const { owners } = (chains.project.at(-1) ?? chains.project[0]).payload
  const terms = [...chains.members.values()]
    .flatMap((chain) => chain.slice(-1))
    .filter(({ key, payload }) => payload.kind === "human" && Option.exists(key, ({ kid }) => owners.includes(kid)))
    .map(({ payload }) => ({ from: payload.valid_from, until: payload.revoked_at ?? Number.POSITIVE_INFINITY }))
  let covered: number = time
  while (covered < Number.POSITIVE_INFINITY) {
    const next = Math.max(...terms.filter(({ from }) => from <= covered).map(({ until }) => until))
    if (next <= covered) return TokenError.refuse(new TokenError.NoOwnerLeft())
    covered = next
  }
  return Effect.void
}
