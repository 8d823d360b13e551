/**
 * Every port of a store but the audit log, in memory, for the tests of those who embed Bailiwick.
 *
 * The rules are the SQL store's, transactions that roll back and nest included, and the same conformance suites hold
 * them to it; only looking for a session to use again takes time in proportion to their number. Nothing is kept, nothing
 * is sealed and no file is touched: the keys lie in memory, redacted.
 *
 * @example
 * ```ts
 * import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
 * import * as RedemptionLedger from "@bailiwick/core/ports/RedemptionLedger"
 * import { Memory } from "@bailiwick/storage"
 * import * as Ed25519 from "@bailiwick/tokens/Ed25519"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 *
 * const store = Memory.layer.pipe(
 *   Layer.provide(Ed25519.Ed25519.layerNode),
 *   Layer.provide(NodeCrypto.layerSecureRandom)
 * )
 * const test = RedemptionLedger.RedemptionLedger.use((ledger) => ledger.redeem(redemption)).pipe(Effect.provide(store))
 * ```
 */
import * as AuthSessionStore from "@bailiwick/core/ports/AuthSessionStore"
import * as ClockMark from "@bailiwick/core/ports/ClockMark"
import * as CredentialSessionStore from "@bailiwick/core/ports/CredentialSessionStore"
import * as Generation from "@bailiwick/core/ports/Generation"
import * as ImportedHistory from "@bailiwick/core/ports/ImportedHistory"
import * as KeyRing from "@bailiwick/core/ports/KeyRing"
import * as NonceLedger from "@bailiwick/core/ports/NonceLedger"
import * as RecordRegistry from "@bailiwick/core/ports/RecordRegistry"
import * as RedemptionLedger from "@bailiwick/core/ports/RedemptionLedger"
import * as RevocationList from "@bailiwick/core/ports/RevocationList"
import * as StoreTransaction from "@bailiwick/core/ports/StoreTransaction"
import { StoreError } from "@bailiwick/core/StoreError"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Ed25519 from "@bailiwick/tokens/Ed25519"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as MemoryState from "./internal/MemoryState.ts"
import * as Revocations from "./internal/Revocations.ts"
import * as SessionList from "./internal/SessionList.ts"

export type Ports =
  | StoreTransaction.StoreTransaction
  | RecordRegistry.RecordRegistry
  | RedemptionLedger.RedemptionLedger
  | NonceLedger.NonceLedger
  | RevocationList.RevocationList
  | Generation.Generation
  | ClockMark.ClockMark
  | KeyRing.KeyRing
  | AuthSessionStore.AuthSessionStore
  | CredentialSessionStore.CredentialSessionStore
  | ImportedHistory.ImportedHistory

/** A new, empty store each time it is built; every port of it sees the same one. */
export const layer: Layer.Layer<Ports, never, Ed25519.Ed25519> = Layer.effectContext(
  Effect.gen(function* () {
    const cell = yield* MemoryState.make
    const ed25519 = yield* Ed25519.Ed25519
    return Context.make(StoreTransaction.StoreTransaction, { run: cell.transact }).pipe(
      Context.add(RecordRegistry.RecordRegistry, recordRegistry(cell)),
      Context.add(RedemptionLedger.RedemptionLedger, redemptionLedger(cell)),
      Context.add(NonceLedger.NonceLedger, nonceLedger(cell)),
      Context.add(RevocationList.RevocationList, revocationList(cell)),
      Context.add(Generation.Generation, generation(cell)),
      Context.add(ClockMark.ClockMark, clockMark(cell)),
      Context.add(KeyRing.KeyRing, keyRing(cell, ed25519)),
      Context.add(AuthSessionStore.AuthSessionStore, authSessionStore(cell)),
      Context.add(CredentialSessionStore.CredentialSessionStore, credentialSessionStore(cell)),
      Context.add(ImportedHistory.ImportedHistory, importedHistory(cell))
    )
  })
)

const conflict = (detail: string) => new StoreError({ reason: "Conflict", detail })

/** Fails if the step answers an error, and then has changed nothing. */
const orConflict = (outcome: Effect.Effect<StoreError | undefined>): Effect.Effect<void, StoreError> =>
  Effect.flatMap(outcome, (error) => (error === undefined ? Effect.void : Effect.fail(error)))

const recordRegistry = (cell: MemoryState.Cell): RecordRegistry.RecordRegistry["Service"] => ({
  append: (record) =>
    orConflict(
      cell.change(({ records }) =>
        records.some(
          (other) =>
            other.place === record.place ||
            other.hash === record.hash ||
            (other.kind === record.kind && other.chain === record.chain && other.seq === record.seq)
        )
          ? [conflict("keeping a record: its place in the chain is taken"), {}]
          : [undefined, { records: [...records, record].toSorted((left, right) => left.place - right.place) }]
      )
    ),
  all: cell.read(({ records }) => records),
  claimKey: (kid, owner) =>
    cell.change(({ keyOwners }) => {
      const standing = HashMap.get(keyOwners, kid)
      return Option.isSome(standing)
        ? [standing.value === owner, {}]
        : [true, { keyOwners: HashMap.set(keyOwners, kid, owner) }]
    })
})

const redemptionLedger = (cell: MemoryState.Cell): RedemptionLedger.RedemptionLedger["Service"] => ({
  redeem: (redemption) =>
    cell.change(({ redemptions }) => {
      const standing = HashMap.get(redemptions, redemption.jti)
      return Option.isSome(standing)
        ? [standing.value, {}]
        : [redemption, { redemptions: HashMap.set(redemptions, redemption.jti, redemption) }]
    }),
  find: (jti) => cell.read(({ redemptions }) => HashMap.get(redemptions, jti))
})

const nonceLedger = (cell: MemoryState.Cell): NonceLedger.NonceLedger["Service"] => ({
  use: (scope, nonce, expires) =>
    cell.change(({ nonces }) => {
      const key = `${scope}\n${nonce}`
      return HashMap.has(nonces, key) ? [false, {}] : [true, { nonces: HashMap.set(nonces, key, expires) }]
    }),
  prune: (before) =>
    cell.change(({ nonces }) => {
      const kept = HashMap.filter(nonces, (expires) => expires >= before)
      return [HashMap.size(nonces) - HashMap.size(kept), { nonces: kept }]
    })
})

const revocationList = (cell: MemoryState.Cell): RevocationList.RevocationList["Service"] => ({
  add: (revocation) =>
    cell.change(({ revocations }) => [undefined, { revocations: Revocations.add(revocations, revocation) }]),
  live: cell.read(({ revocations }) => revocations),
  prune: (before) =>
    cell.change(({ revocations }) => {
      const kept = Revocations.prune(revocations, before)
      return [revocations.length - kept.length, { revocations: kept }]
    })
})

const generation = (cell: MemoryState.Cell): Generation.Generation["Service"] => ({
  current: cell.read((state) => state.generation),
  bump: Effect.flatMap(cell.notes, (notes) =>
    cell.change((state) => {
      notes.generationBefore ??= state.generation
      const raised = notes.generationBefore + 1
      return [raised, { generation: raised }]
    })
  )
})

const clockMark = (cell: MemoryState.Cell): ClockMark.ClockMark["Service"] => ({
  read: cell.read(({ clock }) => clock),
  raise: (time) => cell.change(({ clock }) => [undefined, time > clock ? { clock: time } : {}]),
  reset: (time) => cell.change(() => [undefined, { clock: time }])
})

const keyRing = (cell: MemoryState.Cell, ed25519: Ed25519.Ed25519["Service"]): KeyRing.KeyRing["Service"] => ({
  keys: (purpose) => cell.read(({ keys }) => keys.filter((key) => key.purpose === purpose)),
  create: Effect.fn("KeyRing.create")(function* (purpose: KeyRing.KeyPurpose, activeFrom: UnixTime.UnixTime) {
    const seed = yield* ed25519.generate
    const { jwk, kid } = yield* ed25519.publicKey(seed)
    const key: KeyRing.RingKey = { kid, purpose, jwk, seed, created: yield* UnixTime.now, active_from: activeFrom }
    return yield* cell.change(({ keys }) => [key, { keys: [...keys, key] }])
  }),
  retire: (kid, at) =>
    orConflict(
      cell.change(({ keys }) =>
        keys.some((key) => key.kid === kid)
          ? [undefined, { keys: keys.map((key) => (key.kid === kid ? { ...key, ...at } : key)) }]
          : [conflict("retiring a key: the key ring holds none of this id"), {}]
      )
    )
})

const authSessionStore = (cell: MemoryState.Cell): AuthSessionStore.AuthSessionStore["Service"] => ({
  save: (session) =>
    orConflict(
      cell.change(({ authSessions }) => {
        const standing = HashMap.get(authSessions, session.id)
        if (Option.isNone(standing)) {
          return [undefined, { authSessions: HashMap.set(authSessions, session.id, session) }]
        }
        return standing.value.proof === session.proof
          ? [undefined, {}]
          : [conflict("saving an auth session: another one stands under its id"), {}]
      })
    ),
  find: (id) => cell.read(({ authSessions }) => HashMap.get(authSessions, id)),
  list: cell.read(({ authSessions }) =>
    HashMap.toValues(authSessions).toSorted(
      (left, right) => left.created - right.created || (left.id < right.id ? -1 : 1)
    )
  ),
  touch: (id, used) =>
    cell.change(({ authSessions }) => [
      undefined,
      {
        authSessions: HashMap.modify(authSessions, id, (session) =>
          used > session.used ? { ...session, used } : session
        )
      }
    ]),
  end: (id, status) =>
    cell.change(({ authSessions }) => {
      const standing = HashMap.get(authSessions, id)
      return Option.isSome(standing) && standing.value.status === "active"
        ? [true, { authSessions: HashMap.set(authSessions, id, { ...standing.value, status }) }]
        : [false, {}]
    })
})

const credentialSessionStore = (cell: MemoryState.Cell): CredentialSessionStore.CredentialSessionStore["Service"] => ({
  save: (session) =>
    orConflict(
      cell.change(({ credentialSessions }) =>
        HashMap.has(credentialSessions, session.id)
          ? [conflict("saving a credential session: its id is taken"), {}]
          : [undefined, { credentialSessions: HashMap.set(credentialSessions, session.id, session) }]
      )
    ),
  find: (id) => cell.read(({ credentialSessions }) => HashMap.get(credentialSessions, id)),
  list: (filter) =>
    cell.read(({ credentialSessions }) =>
      HashMap.toValues(credentialSessions)
        .filter(
          (session) =>
            (filter.human === undefined || session.human === filter.human) &&
            (filter.agent === undefined || session.agent === filter.agent) &&
            (filter.auth_session === undefined || session.auth_session_id === filter.auth_session) &&
            (filter.status === undefined || session.status === filter.status) &&
            (filter.expires_after === undefined || session.expires_at > filter.expires_after)
        )
        .toSorted(SessionList.newestFirst)
        .slice(0, filter.limit ?? SessionList.defaultLimit)
    ),
  update: (session) =>
    cell.change(({ credentialSessions }) => {
      const standing = HashMap.get(credentialSessions, session.id)
      return Option.isSome(standing) && standing.value.status === "active"
        ? [true, { credentialSessions: HashMap.set(credentialSessions, session.id, session) }]
        : [false, {}]
    }),
  noteEnd: (id, end) =>
    cell.change(({ credentialSessions }) => {
      const standing = HashMap.get(credentialSessions, id)
      return Option.isSome(standing) && standing.value.status !== "active"
        ? [true, { credentialSessions: HashMap.set(credentialSessions, id, { ...standing.value, cloud_end: end }) }]
        : [false, {}]
    }),
  findReusable: (reuse, at, minimum) =>
    cell.read(({ credentialSessions }) =>
      Option.fromUndefinedOr(
        HashMap.toValues(credentialSessions)
          .filter(
            (session) => session.reuse === reuse && session.status === "active" && session.expires_at > at + minimum
          )
          .toSorted(SessionList.newestFirst)[0]
      )
    )
})

const importedHistory = (cell: MemoryState.Cell): ImportedHistory.ImportedHistory["Service"] => ({
  find: (source, kind, name) => cell.read(({ imported }) => HashMap.get(imported, keyOf({ source, kind, name }))),
  put: (entry) => cell.change(({ imported }) => [undefined, { imported: HashMap.set(imported, keyOf(entry), entry) }]),
  list: (filter) =>
    cell.read(({ imported }) =>
      [...HashMap.entries(imported)]
        .filter(
          ([, { kind, source }]) =>
            (filter.source === undefined || source === filter.source) &&
            (filter.kind === undefined || kind === filter.kind)
        )
        .toSorted(([left], [right]) => (left < right ? -1 : 1))
        .slice(0, filter.limit ?? SessionList.defaultLimit)
        .map(([, entry]) => entry)
    )
})

// Source and kind are words, so nothing of a name is read as a part of them.
const keyOf = ({ kind, name, source }: Pick<ImportedHistory.Entry, "source" | "kind" | "name">): string =>
  `${source}\n${kind}\n${name}`
