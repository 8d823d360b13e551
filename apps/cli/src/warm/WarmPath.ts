/**
 * `credential-process` from the sealed cache: Node's own modules alone, for SDKs that start it at every turn.
 *
 * Whatever is missing, changed, old or not understood, the answer is none, and the slow path asks the broker. Nothing is
 * decided here: an entry holds only while the store's generation is the one of its decision.
 */
import { readFileSync } from "node:fs"
import * as CredentialProcess from "@bailiwick/delivery/CredentialProcess"
import * as SealedEntry from "@bailiwick/delivery/sealed/SealedEntry"
import * as Lease from "./Lease.ts"

export interface Context {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: string
  /** Seconds. */
  readonly now: number
  /** Names in a directory; empty where there is none. */
  readonly list: (directory: string) => ReadonlyArray<string>
}

/** The document to print, or undefined: then the broker must be asked. */
export const answer = (words: ReadonlyArray<string>, context: Context): string | undefined => {
  const session = sessionOf(context.env.BAILIWICK_SESSION ?? "")
  const state = stateDirectory(context)
  if (session === undefined || state === undefined) return undefined
  const place = { ...session, session: session.id, words }
  const name = Lease.fileName(place)
  for (const project of context.list(state)) {
    const directory = `${state}/${project}`
    const note = text(`${directory}/cache/${name}`, 512)
    const lease = note === undefined ? undefined : Lease.open(place, note)
    if (lease === undefined || context.now >= lease.renew) continue
    const entry = text(`${directory}/cache/${session.id}-${lease.reuse}.json`, SealedEntry.maxBytes)
    if (entry === undefined) continue
    const opened = SealedEntry.use({ seed: session.seed, session: session.id, reuse: lease.reuse }, entry, {
      time: context.now,
      generation: generation(`${directory}/generation`),
      minimum: 0
    })
    if (opened.ok) return CredentialProcess.document(opened.content.credentials)
  }
  return undefined
}

/** `bw_s_` and padded base64 of an id of 12 bytes, a seed of 32 and perhaps a third field of 32 (formats §4). */
const sessionOf = (value: string): { readonly id: string; readonly seed: Uint8Array } | undefined => {
  if (!value.startsWith("bw_s_")) return undefined
  const bytes = Buffer.from(value.slice(5), "base64")
  const isCanonical = bytes.toString("base64") === value.slice(5)
  if (!isCanonical || (bytes.length !== 44 && bytes.length !== 76)) return undefined
  return { id: bytes.subarray(0, 12).toString("hex"), seed: bytes.subarray(12, 44) }
}

/** Where the store lies; undefined where that takes more than the environment to tell. */
export const stateDirectory = ({ env, platform }: Pick<Context, "env" | "platform">): string | undefined => {
  if (env.BAILIWICK_STATE_DIR) return env.BAILIWICK_STATE_DIR
  if (env.XDG_STATE_HOME?.startsWith("/")) return `${env.XDG_STATE_HOME}/bailiwick`
  return platform === "linux" && env.HOME ? `${env.HOME}/.local/state/bailiwick` : undefined
}

/** As the store writes it; undefined, which equals no entry's generation, for anything else. */
const generation = (path: string): number | undefined => {
  const digits = text(path, 32)
  return digits !== undefined && /^[1-9]\d{0,15}\n$/u.test(digits) ? Number(digits) : undefined
}

const text = (path: string, maximum: number): string | undefined => {
  try {
    const bytes = readFileSync(path)
    return bytes.length <= maximum ? bytes.toString("utf8") : undefined
  } catch {
    return undefined
  }
}
