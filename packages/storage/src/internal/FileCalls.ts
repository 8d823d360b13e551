/** The calls to the operating system that secret files are made of; a test puts faults in their way. */
import * as Fs from "node:fs"

export interface FileCalls {
  /** The user as whom files are made; undefined where the system has no such thing. */
  readonly userId: () => number | undefined
  readonly realpath: (path: string) => string
  /** Follows links. */
  readonly stat: (path: string) => Fs.Stats
  readonly open: (path: string, flags: number, mode: number) => number
  readonly fstat: (fd: number) => Fs.Stats
  readonly read: (fd: number, buffer: Uint8Array, offset: number, length: number) => number
  /** May write less than it was given. */
  readonly write: (fd: number, content: Uint8Array, offset: number, length: number) => number
  readonly fsync: (fd: number) => void
  readonly close: (fd: number) => void
  readonly rename: (from: string, to: string) => void
  /** Fails if `to` is there. */
  readonly link: (from: string, to: string) => void
  readonly unlink: (path: string) => void
  readonly mkdir: (path: string, mode: number) => void
  readonly readdir: (path: string) => ReadonlyArray<Fs.Dirent>
}

export const node: FileCalls = {
  userId: () => process.geteuid?.(),
  realpath: (path) => Fs.realpathSync.native(path),
  stat: (path) => Fs.statSync(path),
  open: (path, flags, mode) => Fs.openSync(path, flags, mode),
  fstat: (fd) => Fs.fstatSync(fd),
  read: (fd, buffer, offset, length) => Fs.readSync(fd, buffer, offset, length, null),
  write: (fd, content, offset, length) => Fs.writeSync(fd, content, offset, length),
  fsync: (fd) => Fs.fsyncSync(fd),
  close: (fd) => Fs.closeSync(fd),
  rename: (from, to) => Fs.renameSync(from, to),
  link: (from, to) => Fs.linkSync(from, to),
  unlink: (path) => Fs.unlinkSync(path),
  mkdir: (path, mode) => Fs.mkdirSync(path, { mode }),
  readdir: (path) => Fs.readdirSync(path, { withFileTypes: true })
}
