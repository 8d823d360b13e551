/** Founds a project: its store, record 0, the founder's member record, the pin, and the relation under terminal grants. */
import * as Effect from "effect/Effect"
import * as Founding from "@bailiwick/broker/Founding"
import * as LogHead from "@bailiwick/core/LogHead"
import type * as MemberRecord from "@bailiwick/core/MemberRecord"
import type * as ProjectRecord from "@bailiwick/core/ProjectRecord"
import type { ProjectId } from "@bailiwick/core/ProjectId"
import { SecretFiles } from "@bailiwick/core/ports/SecretFiles"
import * as UnixTime from "@bailiwick/core/UnixTime"
import { StateDirectory } from "@bailiwick/storage/StateDirectory"
import * as Store from "@bailiwick/storage/Store"
import { Ed25519 } from "@bailiwick/tokens/Ed25519"
import * as Record from "@bailiwick/tokens/Record"
import { usage } from "../ui/Failure.ts"
import * as Broker from "../wiring/Broker.ts"
import * as Standing from "../wiring/Standing.ts"
import * as Project from "../wiring/Project.ts"
import * as Delegations from "./Delegations.ts"
import * as Pin from "./Pin.ts"
import type * as Unlock from "./Unlock.ts"

/** Before anybody types a passphrase: a project that is founded here is not founded again. */
export const requireAbsent = Effect.fnUntraced(function* (project: ProjectId) {
  const directory = (yield* StateDirectory).project(project)
  // A place that cannot be written is told now, not after an identity was made for it.
  yield* (yield* SecretFiles).ensureDirectory(directory)
  if (!(yield* Project.present).includes(project)) return
  const founder = yield* Founding.find().pipe(Effect.provide(Broker.layer({ project, directory })))
  if (founder._tag === "None") return
  return yield* usage(
    "already-founded",
    `project ${project} is founded here already`,
    "choose another --project, or look at it: bailiwick status"
  )
})

export const found = Effect.fnUntraced(function* (options: {
  readonly project: ProjectId
  readonly identity: Unlock.Opened
  readonly limits: ProjectRecord.Limits
}) {
  const { identity, project } = options
  const directory = (yield* StateDirectory).project(project)
  const records = yield* sign(options)
  yield* Store.create({ project, directory, rooms: Broker.rooms })
  return yield* Effect.gen(function* () {
    const founded = yield* Founding.init(records)
    yield* Delegations.accept(
      yield* Delegations.draft({ project, human: identity.file.member, agent: identity.file.member }),
      identity.seed
    )
    const { head } = yield* Standing.read
    yield* Pin.write({ v: 1, project, founder: founded.founder, head })
    return founded
  }).pipe(Effect.provide(Broker.layer({ project, directory })))
})

const sign = Effect.fnUntraced(function* (options: {
  readonly project: ProjectId
  readonly identity: Unlock.Opened
  readonly limits: ProjectRecord.Limits
}) {
  const {
    identity: { file, seed },
    limits,
    project
  } = options
  const ed25519 = yield* Ed25519
  const { kid } = yield* ed25519.publicKey(seed)
  const iat = yield* UnixTime.now
  const record: ProjectRecord.ProjectRecord = {
    v: 1,
    project,
    seq: 0,
    iat,
    owners: [kid],
    ...limits,
    log: LogHead.empty
  }
  const member: MemberRecord.MemberRecord = {
    v: 1,
    project,
    member: file.member,
    kind: "human",
    role: "member",
    jwk: file.jwk,
    seq: 0,
    iat,
    valid_from: iat,
    log: LogHead.empty
  }
  return {
    project: yield* Record.sign({ kind: "project", payload: record, seed }),
    member: yield* Record.sign({ kind: "member", payload: member, seed })
  }
})
