/** The calls to the operating system that the session directory needs beside those of secret files. */
import * as Fs from "node:fs"
import * as FileCalls from "../internal/FileCalls.ts"

export interface SessionCalls extends FileCalls.FileCalls {
  /** When an entry was changed last, in nanoseconds; of a link, its own time. */
  readonly modified: (path: string) => bigint
  /** Reads from a place in the file, wherever it was read before. */
  readonly readAt: (fd: number, buffer: Uint8Array, offset: number, length: number, position: number) => number
}

export const node: SessionCalls = {
  ...FileCalls.node,
  modified: (path) => Fs.lstatSync(path, { bigint: true }).mtimeNs,
  readAt: (fd, buffer, offset, length, position) => Fs.readSync(fd, buffer, offset, length, position)
}
