/**
 * What Joy left: the sessions in its state directory, and the members, delegations and log of a project of its own.
 *
 * A session's signature is checked under the key that the project names, an AI's under the one that it names itself;
 * one that does not hold is not taken. None of them ever authenticates here, and no delegation of Joy's is honoured: its
 * key signs other bytes. Seeds, zone keys and delegation keys stay where they are.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { Ed25519 } from "@bailiwick/tokens/Ed25519"
import type * as JoyError from "@bailiwick/tokens/joy/JoyError"
import * as JoyKeys from "@bailiwick/tokens/joy/JoyKeys"
import * as JoyMember from "@bailiwick/tokens/joy/JoyMember"
import * as JoyProject from "@bailiwick/tokens/joy/JoyProject"
import * as JoySession from "@bailiwick/tokens/joy/JoySession"
import * as JoyTime from "@bailiwick/tokens/joy/JoyTime"
import { usage } from "../../ui/Failure.ts"
import * as JoyPlaces from "./JoyPlaces.ts"
import * as ReadOnlyFiles from "./ReadOnlyFiles.ts"
import * as Remains from "./Remains.ts"

/** In the directory, or where Joy keeps things for this user. */
export const read = Effect.fnUntraced(function* (directory: Option.Option<string>) {
  const places = yield* Option.isSome(directory) ? JoyPlaces.within(directory.value) : JoyPlaces.own
  const { project, sessions } = places
  if (project === undefined && sessions === undefined) {
    const where = Option.getOrElse(directory, () => "its state directory and this one")
    return yield* usage("nothing-to-import", `there is nothing of Joy in ${where}`, "name its directory with --dir")
  }
  const found = project === undefined ? undefined : yield* projectOf(project)
  const parts = [
    ...(sessions === undefined ? [] : yield* sessionsOf(sessions, found?.project)),
    ...(sessions === undefined ? [] : yield* keptKeys(sessions)),
    ...(found === undefined ? [] : found.parts),
    ...(project === undefined ? [] : yield* logs(project))
  ]
  const remains: Remains.Remains = {
    source: "joy",
    places: [sessions, project].flatMap((place) => (place === undefined ? [] : [JoyPlaces.pathOf(place)])),
    found: parts.flatMap(({ found }) => found),
    skipped: parts.flatMap(({ skipped }) => skipped)
  }
  return { remains, project: found?.project }
})

type Some = Pick<Remains.Remains, "found" | "skipped">

const skip = (kind: string, name: string, why: string): Some => ({ found: [], skipped: [{ kind, name, why }] })

/** Larger than any session that Joy writes. */
const maximumSession = 64 * 1024

const sessionsOf = Effect.fnUntraced(function* (
  { files, path }: JoyPlaces.Place,
  project: JoyProject.JoyProject | undefined
) {
  const entries = yield* files.list(path)
  const now = yield* JoyTime.now
  return yield* Effect.forEach(entries, ({ name }) =>
    Effect.gen(function* () {
      if (!name.endsWith(JoyPlaces.suffix)) return skip("session", name, "Joy reads no file of such a name")
      const bytes = yield* Effect.result(files.read([...path, name], maximumSession))
      if (Result.isFailure(bytes)) return skip("session", name, bytes.failure.why)
      const text = Remains.textOf(bytes.success)
      if (text === undefined) return skip("session", name, "its bytes are not UTF-8")
      const session = JoySession.decode(text, JoySession.generationOf(text))
      if (Result.isFailure(session)) return skip("session", name, session.failure.message)
      return yield* sessionPart(name, bytes.success, session.success, project, now)
    })
  )
})

const sessionPart = Effect.fnUntraced(function* (
  file: string,
  bytes: Uint8Array,
  session: JoySession.JoySession,
  project: JoyProject.JoyProject | undefined,
  now: JoyTime.JoyTime
) {
  const { claims } = session
  const signature = yield* judge(session, project)
  if (Result.isFailure(signature)) return skip("session", file, signature.failure.message)
  const digest = Remains.digest(bytes)
  // Joy keeps a member's next session under the same name, so the name alone does not say which it is.
  const name = `${file.slice(0, -JoyPlaces.suffix.length)} ${JoyTime.format(claims.created)}`
  const status = JoyTime.isAfter(now, claims.expires) ? "expired" : "active"
  // The key of an anonymous project's members is a secret that the seed keeps in the same file.
  const { members_zone_key: _, ...shown } = session
  const part: Remains.Found["part"] = {
    source: "joy",
    kind: "session",
    name,
    digest,
    told: {
      status,
      member: Remains.brief(claims.member),
      joy_project: Remains.brief(claims.project_id),
      created: JoyTime.format(claims.created),
      expires: JoyTime.format(claims.expires),
      signature: signature.success
    },
    entries: [{ name, digest, status, body: JoySession.encode(shown) }]
  }
  const some: Some = { found: [{ part, note: `${signature.success}; it never authenticates here` }], skipped: [] }
  return some
})

/** What the signature says, whatever the clock says: at its own end a session is still judged by it. */
const judge = (
  session: JoySession.JoySession,
  project: JoyProject.JoyProject | undefined
): Effect.Effect<Result.Result<string, JoyError.JoyError>, never, Ed25519> => {
  const { expires, member, project_id, session_public_key } = session.claims
  const named = project?.id === project_id ? project.members.get(member)?.verify_key : undefined
  const isAgent = JoyMember.isLaterAgent(member)
  const hex = isAgent && session_public_key !== undefined ? session_public_key : named
  if (hex === undefined)
    return Effect.succeed(Result.succeed(`signature not checked: the key of ${member} is not here`))
  return JoyKeys.publicKey(hex).pipe(
    Effect.flatMap((key) => JoySession.validate({ session, key, at: expires })),
    Effect.as(isAgent ? "signed by its own key alone" : "signature holds"),
    Effect.result
  )
}

/** Files of Joy 0.13 and before that hold keys: told, and never opened. */
const keptKeys = Effect.fnUntraced(function* ({ files, path }: JoyPlaces.Place) {
  if (path.at(-1) !== "sessions") return []
  const beside = path.slice(0, -1)
  const projects = yield* files.list([...beside, "delegations"])
  const keys = yield* Effect.forEach(projects, ({ name }) => files.list([...beside, "delegations", name]))
  return keys.flatMap((entries, index) =>
    entries.map(({ name }) =>
      skip(
        "delegation",
        `${projects[index]?.name}/${name}`,
        "a private key of Joy's: it is not read; remove it once it is rotated"
      )
    )
  )
})

const projectOf = Effect.fnUntraced(function* ({ files, path }: JoyPlaces.Place) {
  const unread = (name: string, why: string) => ({ project: undefined, parts: [skip("member", name, why)] })
  const text = yield* Effect.result(textFile(files, [...path, JoyPlaces.projectFile]))
  if (Result.isFailure(text)) return unread(JoyPlaces.projectFile, text.failure.why)
  const names = (yield* files.list([...path, "members"])).filter(({ name }) => name.endsWith(".yaml"))
  const parts: Array<Some> = []
  const members: Array<string> = []
  for (const { name } of names) {
    const member = yield* Effect.result(textFile(files, [...path, "members", name]))
    const why = Result.isFailure(member)
      ? member.failure.why
      : Result.match(JoyProject.decode("name: alone", [member.success]), {
          onFailure: ({ message }) => message,
          onSuccess: () => undefined
        })
    if (why !== undefined) parts.push(skip("member", name, why))
    else if (Result.isSuccess(member)) members.push(member.success)
  }
  const project = JoyProject.decode(text.success, members)
  if (Result.isFailure(project)) return unread(JoyPlaces.projectFile, project.failure.message)
  for (const [id, member] of project.success.members) parts.push(...memberParts(project.success.id, id, member))
  return { project: project.success, parts }
})

const textFile = (files: ReadOnlyFiles.ReadOnlyFiles, path: ReadonlyArray<string>) =>
  Effect.flatMap(files.read(path, JoyProject.maxLength), (bytes) => {
    const text = Remains.textOf(bytes)
    return text === undefined
      ? Effect.fail(new ReadOnlyFiles.Refused({ why: "its bytes are not UTF-8" }))
      : Effect.succeed(text)
  })

const memberParts = (project: string, id: string, member: JoyProject.Member): ReadonlyArray<Some> => {
  const isAgent = JoyMember.isLaterAgent(id)
  const note = isAgent
    ? `no agent here until an owner enrols it: bailiwick agent add ${JoyMember.agentName(id)}`
    : member.passphraseWrap === undefined && member.kdf_nonce === undefined
      ? "it has no identity to bring"
      : `its identity stays in Joy unless it is asked for: --identity ${id}`
  const { verify_key } = member
  const body = { joy_project: project, member: id, ...(verify_key === undefined ? {} : { verify_key }) }
  return [
    record("member", id, body, note),
    ...Array.from(member.delegations, ([agent, { salt, verifier }]) =>
      record(
        "delegation",
        `${id} -> ${agent}`,
        { joy_project: project, human: id, agent, verifier, ...(salt === undefined ? {} : { salt }) },
        `not honoured here: delegate anew, bailiwick delegate ${JoyMember.agentName(agent)}`
      )
    )
  ]
}

const record = (
  kind: "member" | "delegation",
  name: string,
  members: Readonly<Record<string, string>>,
  note: string
): Some => {
  // Any text may stand in a project's file; a line of the log holds well-formed text, and so much of it.
  if (name.length > 512 || !name.isWellFormed())
    return skip(kind, Remains.brief(name), "this is no name that Joy gives")
  const body = JSON.stringify(members)
  const digest = Remains.digest(body)
  const told = Object.fromEntries(Object.entries(members).map(([member, text]) => [member, Remains.brief(text)]))
  const part: Remains.Found["part"] = { source: "joy", kind, name, digest, told, entries: [{ name, digest, body }] }
  return { found: [{ part, note }], skipped: [] }
}

const logs = Effect.fnUntraced(function* ({ files, path }: JoyPlaces.Place) {
  const entries = yield* files.list([...path, "logs"])
  return yield* Effect.forEach(entries, ({ name }) =>
    Effect.gen(function* () {
      if (!name.endsWith(".log")) return skip("event", name, "it is no log of Joy")
      const bytes = yield* Effect.result(files.read([...path, "logs", name], Remains.maximumLines))
      if (Result.isFailure(bytes)) return skip("event", name, bytes.failure.why)
      return Remains.events({
        source: "joy",
        name,
        bytes: bytes.success,
        // A time, a target and an event (as in "2026-04-01T09:30:00.000Z JOY-0001-AB item.created …").
        isEvent: (line) => /^\d{4}-\d{2}-\d{2}T\S+Z \S+ \S/u.test(line),
        note: "not verified: Joy signs no line of its log"
      })
    })
  )
})
