/**
 * A disk in memory that remembers what of it would survive a power cut.
 *
 * Its calls are those of POSIX, in the shape that secret files ask for. Every change is a unit that becomes durable only
 * by an fsync of what it changed: of the file for its bytes, of the directory for its names. A write is two units, so
 * that half of it can be lost. What is not yet durable may have reached the disk, in any choice (see `CrashStates`).
 */
import * as Fs from "node:fs"
import * as Path from "node:path"

/** A part of a file's bytes, or names that change together. */
export type Unit =
  | { readonly kind: "bytes"; readonly inode: number; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: "size"; readonly inode: number; readonly size: number }
  | { readonly kind: "names"; readonly names: ReadonlyArray<Name> }

/** What a name in a directory leads to; undefined: nothing any more. */
export interface Name {
  readonly directory: number
  readonly name: string
  readonly inode: number | undefined
}

export interface Operation {
  readonly call: string
  readonly units: ReadonlyArray<Unit>
  /** The inode that this operation made durable. */
  readonly synced?: number
}

interface Inode {
  readonly mode: number
  bytes: Uint8Array
  readonly names: Map<string, number>
  modified: bigint
}

interface Open {
  readonly inode: number
  position: number
}

export const root = 1

const owner = 1000

export class CrashDisk {
  readonly #inodes = new Map<number, Inode>()
  readonly #open = new Map<number, Open>()
  #next = root + 1
  #ticks = 0n
  #syncs = 0
  #failingSync: number | undefined
  /** What happened since the disk was last settled. */
  readonly log: Array<Operation> = []
  /** Units that a failed fsync has dropped: the kernel takes their pages for clean, and no later fsync writes them. */
  readonly dropped = new Set<Unit>()

  constructor() {
    this.#inodes.set(root, this.#inode(Fs.constants.S_IFDIR | 0o700))
  }

  /** Everything so far is durable, and the log begins anew. */
  settle(): void {
    this.log.length = 0
    this.#syncs = 0
  }

  /** The fsync of this number, counted from 0, reports an error and drops what it should have written. */
  failSync(number: number): void {
    this.#failingSync = number
  }

  get openFiles(): number {
    return this.#open.size
  }

  /** Equal for disks to which the same was done since they were settled. */
  get history(): string {
    return JSON.stringify(
      this.log.map((operation) => ({
        ...operation,
        units: operation.units.map((unit) => [unit, this.dropped.has(unit)])
      }))
    )
  }

  /** Equal for disks on which the same names lead to the same content. */
  get content(): string {
    const tree = (number: number): unknown => {
      const { bytes, names } = this.#inodeOf(number)
      const entries = Array.from(names, ([name, inode]) => [name, tree(inode)])
      return [Buffer.from(bytes).toString("latin1"), entries]
    }
    return JSON.stringify(tree(root))
  }

  /** Another disk with the same content, of which everything is durable. */
  copy(): CrashDisk {
    const disk = new CrashDisk()
    for (const [number, inode] of this.#inodes) {
      disk.#inodes.set(number, { ...inode, names: new Map(inode.names) })
    }
    disk.#next = this.#next
    disk.#ticks = this.#ticks
    return disk
  }

  /** Lets a unit reach the disk; the inode that it speaks of may be a new one. */
  apply(unit: Unit, inodes: CrashDisk = this): void {
    if (unit.kind === "names") {
      for (const { directory, inode, name } of unit.names) {
        const names = this.#known(directory, inodes).names
        if (inode === undefined) names.delete(name)
        else {
          this.#known(inode, inodes)
          names.set(name, inode)
        }
      }
      return
    }
    const inode = this.#known(unit.inode, inodes)
    const end = unit.kind === "size" ? unit.size : Math.max(inode.bytes.length, unit.position + unit.bytes.length)
    // Never in place: copies of the disk share the bytes. What nobody wrote reads as zeros.
    const bytes = new Uint8Array(end)
    bytes.set(inode.bytes.subarray(0, end))
    if (unit.kind === "bytes") bytes.set(unit.bytes, unit.position)
    inode.bytes = bytes
    inode.modified = ++this.#ticks
  }

  readonly calls = {
    userId: (): number | undefined => owner,
    realpath: (path: string): string => {
      this.#at(path, "realpath")
      return Path.posix.normalize(path)
    },
    stat: (path: string): Fs.Stats => stats(this.#inodeOf(this.#at(path, "stat"))),
    modified: (path: string): bigint => this.#inodeOf(this.#at(path, "lstat")).modified,
    open: (path: string, flags: number, mode: number): number => this.#openAt(path, flags, mode),
    fstat: (fd: number): Fs.Stats => stats(this.#inodeOf(this.#file(fd).inode)),
    read: (fd: number, buffer: Uint8Array, offset: number, length: number): number => {
      const file = this.#file(fd)
      const count = this.#read(file.inode, buffer, offset, length, file.position)
      file.position += count
      return count
    },
    readAt: (fd: number, buffer: Uint8Array, offset: number, length: number, position: number): number =>
      this.#read(this.#file(fd).inode, buffer, offset, length, position),
    write: (fd: number, content: Uint8Array, offset: number, length: number): number => {
      const file = this.#file(fd)
      const bytes = content.slice(offset, offset + length)
      const half = Math.ceil(bytes.length / 2)
      const parts = [bytes.subarray(0, half), bytes.subarray(half)].filter((part) => part.length > 0)
      let position = file.position
      const units = parts.map((part): Unit => {
        const unit: Unit = { kind: "bytes", inode: file.inode, position, bytes: part }
        position += part.length
        return unit
      })
      file.position = position
      this.#do("write", units)
      return bytes.length
    },
    fsync: (fd: number): void => {
      const { inode } = this.#file(fd)
      if (this.#syncs++ === this.#failingSync) {
        for (const unit of this.log.flatMap(({ units }) => units)) if (speaksOf(unit, inode)) this.dropped.add(unit)
        throw failure("EIO", "fsync")
      }
      this.log.push({ call: "fsync", units: [], synced: inode })
    },
    close: (fd: number): void => {
      this.#file(fd)
      this.#open.delete(fd)
    },
    rename: (from: string, to: string): void => {
      const inode = this.#at(from, "rename")
      const [source, target] = [this.#place(from, "rename"), this.#place(to, "rename")]
      this.#do("rename", [
        {
          kind: "names",
          names: [
            { ...source, inode: undefined },
            { ...target, inode }
          ]
        }
      ])
    },
    link: (from: string, to: string): void => {
      const inode = this.#at(from, "link")
      const place = this.#place(to, "link")
      if (this.#inodeOf(place.directory).names.has(place.name)) throw failure("EEXIST", "link")
      this.#do("link", [{ kind: "names", names: [{ ...place, inode }] }])
    },
    unlink: (path: string): void => {
      this.#at(path, "unlink")
      this.#do("unlink", [{ kind: "names", names: [{ ...this.#place(path, "unlink"), inode: undefined }] }])
    },
    mkdir: (path: string, mode: number): void => {
      const place = this.#place(path, "mkdir")
      if (this.#inodeOf(place.directory).names.has(place.name)) throw failure("EEXIST", "mkdir")
      this.#do("mkdir", [{ kind: "names", names: [{ ...place, inode: this.#create(Fs.constants.S_IFDIR | mode) }] }])
    },
    readdir: (path: string): ReadonlyArray<Fs.Dirent> => {
      const directory = this.#inodeOf(this.#at(path, "readdir"))
      return Array.from(directory.names, ([name, inode]) => dirent(name, this.#inodeOf(inode)))
    }
  }

  #openAt(path: string, flags: number, mode: number): number {
    const place = this.#place(path, "open")
    const found = this.#inodeOf(place.directory).names.get(place.name)
    const exclusive = Fs.constants.O_CREAT | Fs.constants.O_EXCL
    if (found !== undefined && (flags & exclusive) === exclusive) throw failure("EEXIST", "open")
    if (found === undefined && (flags & Fs.constants.O_CREAT) === 0) throw failure("ENOENT", "open")
    const inode = found ?? this.#create(Fs.constants.S_IFREG | mode)
    const writes = (flags & (Fs.constants.O_WRONLY | Fs.constants.O_RDWR)) !== 0
    if (isDirectory(this.#inodeOf(inode)) && writes) throw failure("EISDIR", "open")
    if (found === undefined) this.#do("open", [{ kind: "names", names: [{ ...place, inode }] }])
    else if ((flags & Fs.constants.O_TRUNC) !== 0) this.#do("open", [{ kind: "size", inode, size: 0 }])
    let fd = 3
    while (this.#open.has(fd)) fd++
    this.#open.set(fd, { inode, position: 0 })
    return fd
  }

  #do(call: string, units: ReadonlyArray<Unit>): void {
    for (const unit of units) this.apply(unit)
    this.log.push({ call, units })
  }

  #read(number: number, buffer: Uint8Array, offset: number, length: number, position: number): number {
    const inode = this.#inodeOf(number)
    if (isDirectory(inode)) throw failure("EISDIR", "read")
    const part = inode.bytes.subarray(position, position + length)
    buffer.set(part, offset)
    return part.length
  }

  #inode(mode: number): Inode {
    return { mode, bytes: new Uint8Array(), names: new Map(), modified: ++this.#ticks }
  }

  #create(mode: number): number {
    const number = this.#next++
    this.#inodes.set(number, this.#inode(mode))
    return number
  }

  /** An inode of this disk; if it has never come here, an empty one of the same kind as on the other. */
  #known(number: number, other: CrashDisk): Inode {
    const found = this.#inodes.get(number)
    if (found !== undefined) return found
    const made = this.#inode(other.#inodeOf(number).mode)
    this.#inodes.set(number, made)
    this.#next = Math.max(this.#next, number + 1)
    return made
  }

  #inodeOf(number: number): Inode {
    const inode = this.#inodes.get(number)
    if (inode === undefined) throw failure("EIO", "read")
    return inode
  }

  #file(fd: number): Open {
    const file = this.#open.get(fd)
    if (file === undefined) throw failure("EBADF", "fd")
    return file
  }

  #place(path: string, call: string): { readonly directory: number; readonly name: string } {
    const { base, dir } = Path.posix.parse(Path.posix.normalize(path))
    // The root stands in no directory; it is its own.
    return { directory: this.#at(dir, call), name: base === "" ? "." : base }
  }

  #at(path: string, call: string): number {
    let number = root
    for (const segment of Path.posix
      .normalize(path)
      .split("/")
      .filter((part) => part !== "" && part !== ".")) {
      const inode = this.#inodeOf(number)
      if (!isDirectory(inode)) throw failure("ENOTDIR", call)
      const next = inode.names.get(segment)
      if (next === undefined) throw failure("ENOENT", call)
      number = next
    }
    return number
  }
}

/** Whether an fsync of this inode should write the unit, or a part of it. */
const speaksOf = (unit: Unit, inode: number): boolean =>
  unit.kind === "names" ? unit.names.some(({ directory }) => directory === inode) : unit.inode === inode

const isDirectory = ({ mode }: Inode): boolean => (mode & Fs.constants.S_IFMT) === Fs.constants.S_IFDIR

const failure = (code: string, syscall: string): Error =>
  Object.assign(new Error(`${code}: ${syscall}`), { code, syscall })

const stats = (inode: Inode): Fs.Stats =>
  Object.assign(Object.create(Fs.Stats.prototype), { mode: inode.mode, uid: owner, size: inode.bytes.length, nlink: 1 })

const dirent = (name: string, inode: Inode): Fs.Dirent =>
  Object.assign(Object.create(Fs.Dirent.prototype), {
    name,
    isFile: () => !isDirectory(inode),
    isDirectory: () => isDirectory(inode),
    isSymbolicLink: () => false
  })
