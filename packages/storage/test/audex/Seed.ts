/** A program that behaves like Audex's own: it knows no lock, truncates and writes in place, drops what it does not know. */
import * as AudexCodec from "@bailiwick/storage/audex/AudexCodec"
import { Members } from "@bailiwick/storage/audex/AudexJson"
import type { AudexSession } from "@bailiwick/storage/audex/AudexSession"
import * as Result from "effect/Result"
import * as Fs from "node:fs"
import * as Path from "node:path"

export const load = (directory: string, id: string): AudexSession =>
  Result.getOrThrow(AudexCodec.decode(Fs.readFileSync(Path.join(directory, `${id}.json`), "utf8")))

export const save = (directory: string, session: AudexSession): void =>
  Fs.writeFileSync(Path.join(directory, `${session.id}.json`), text(session), { mode: 0o600 })

export const text = (session: AudexSession): string => AudexCodec.encode({ ...session, unknown: new Members([]) })
