/**
 * Sessions whose key lies on this machine (formats §8): the person's own on this terminal, and those of agents that
 * redeemed here, written before the store is asked, so that a crash in between loses nothing.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { SecretFiles } from "@bailiwick/core/ports/SecretFiles"
import { type AuthSession, AuthSessionStore } from "@bailiwick/core/ports/AuthSessionStore"
import type { ProjectId } from "@bailiwick/core/ProjectId"
import { Sha256 } from "@bailiwick/core/Sha256"
import { StorageId } from "@bailiwick/core/StorageId"
import * as UnixTime from "@bailiwick/core/UnixTime"
import { StateDirectory } from "@bailiwick/storage/StateDirectory"
import * as Chain from "@bailiwick/tokens/Chain"
import * as Path from "node:path"
import * as PrivateJson from "./PrivateJson.ts"
import { Seed } from "./Seed.ts"

export const SessionFile = Schema.Struct({
  v: Schema.Literal(1),
  id: StorageId,
  seed: Seed,
  /** Of a person's session: the terminal on which it acts. */
  binding: Schema.optionalKey(Sha256),
  /** Of an agent's session: what it redeems with, so that the very same may be sent again. */
  chain: Schema.optionalKey(Schema.fromJsonString(Chain.Chain))
})
export type SessionFile = typeof SessionFile.Type

export const write = Effect.fnUntraced(function* (project: ProjectId, file: SessionFile) {
  yield* PrivateJson.write((yield* StateDirectory).session(project, file.id), SessionFile, file)
})

export const remove = Effect.fnUntraced(function* (project: ProjectId, id: StorageId) {
  const files = yield* SecretFiles
  yield* files.remove((yield* StateDirectory).session(project, id))
})

/** All that can be read; a damaged one is passed over here and named by the doctor. */
export const list = Effect.fnUntraced(function* (project: ProjectId) {
  const files = yield* SecretFiles
  const directory = yield* StateDirectory
  const names = yield* files.list(Path.join(directory.project(project), "sessions"))
  const ids = names.map((name) => name.replace(/\.json$/u, "")).filter(Schema.is(StorageId))
  const found = yield* Effect.forEach(ids, (id) =>
    PrivateJson.read(directory.session(project, id), SessionFile).pipe(
      Effect.catchIf(
        (error) => error.reason === "Damaged",
        () => Effect.succeedNone
      )
    )
  )
  return found.flatMap((file) => Option.toArray(file))
})

/** Forgets what belonged to sessions that have ended: keys and sealed answers. A redeem that may still succeed is kept. */
export const sweep = Effect.fnUntraced(function* (project: ProjectId) {
  const store = yield* AuthSessionStore
  const now = yield* UnixTime.now
  for (const { chain, id } of yield* list(project)) {
    const session = yield* store.find(id)
    const isPending = Option.isNone(session) && chain !== undefined && (yield* mayRedeem(chain, now))
    const isLive = Option.exists(session, (found) => isOpen(found, now))
    if (!isPending && !isLive) yield* remove(project, id)
  }
  yield* sweepCache(project, now)
})

const mayRedeem = (chain: Chain.Chain, now: UnixTime.UnixTime) =>
  Effect.match(Chain.read(chain), {
    onFailure: () => false,
    onSuccess: (links) => now < (links.at(-1) ?? links[0]).token.exp
  })

const sweepCache = Effect.fnUntraced(function* (project: ProjectId, now: UnixTime.UnixTime) {
  const files = yield* SecretFiles
  const store = yield* AuthSessionStore
  const directory = Path.join((yield* StateDirectory).project(project), "cache")
  for (const name of yield* files.list(directory)) {
    const id = Schema.decodeUnknownOption(StorageId)(name.slice(0, 24))
    const session = Option.isSome(id) ? yield* store.find(id.value) : Option.none()
    if (!Option.exists(session, (found) => isOpen(found, now))) yield* files.remove(Path.join(directory, name))
  }
})

const isOpen = ({ expires, status }: AuthSession, now: UnixTime.UnixTime): boolean =>
  status === "active" && now < expires
