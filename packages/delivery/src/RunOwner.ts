/**
 * The process to which a run's directory belongs, written in the directory's own name: so the name and its owner appear in
 * one atomic step, and nobody ever sees a directory without knowing whose it is.
 *
 * A process id alone would be reused; with the time at which the process started, the boot and the namespace it names one
 * process for ever. Where the system tells less (no `/proc`), the fields that it does not tell are `0`.
 */
import * as Crypto from "node:crypto"
import * as Fs from "node:fs"
import * as Os from "node:os"

export interface RunOwner {
  /** 8 hex digits of the host name's digest. */
  readonly host: string
  /** 8 hex digits of the boot id's digest, or `0`. */
  readonly boot: string
  /** Inode of the process-id namespace, or `0`. */
  readonly namespace: string
  readonly pid: number
  /** Start of the process in clock ticks since boot, or `0`. */
  readonly started: string
}

const pattern = /^run-([0-9a-f]{8})-([0-9a-f]{8}|0)-(\d{1,20})-(\d{1,10})-(\d{1,20})-[0-9a-f]{16}$/u

/** This process. */
export const self = (): RunOwner => ({
  host: digest(Os.hostname()),
  boot: digest(text("/proc/sys/kernel/random/boot_id")),
  namespace: /\[(\d+)\]/u.exec(link("/proc/self/ns/pid"))?.[1] ?? "0",
  pid: process.pid,
  started: startOf(process.pid) ?? "0"
})

/** The name of a directory of this owner; `random` is 16 hex digits. */
export const directoryName = (owner: RunOwner, random: string): string =>
  `run-${owner.host}-${owner.boot}-${owner.namespace}-${owner.pid}-${owner.started}-${random}`

/** The owner of a directory, if its name is one of ours. */
export const parse = (name: string): RunOwner | undefined => {
  const [, host, boot, namespace, pid, started] = pattern.exec(name) ?? []
  if (host === undefined || boot === undefined || namespace === undefined || started === undefined) return undefined
  return { host, boot, namespace, pid: Number(pid), started }
}

/**
 * Whether the owner has certainly ended. Another machine's or another container's process cannot be seen from here, so it
 * counts as alive.
 */
export const hasEnded = (owner: RunOwner, here: RunOwner): boolean => {
  if (owner.host !== here.host) return false
  if (owner.boot !== here.boot) return true
  if (owner.namespace !== here.namespace) return false
  return here.started === "0" ? !exists(owner.pid) : startOf(owner.pid) !== owner.started
}

const digest = (value: string): string =>
  value === "" ? "0" : Crypto.createHash("sha256").update(value, "utf8").digest("hex").slice(0, 8)

// Fields 3 and 22 of /proc/PID/stat, counted after the last ")", because the command's name may hold anything (proc(5)).
const startOf = (pid: number): string | undefined => {
  const stat = text(`/proc/${pid}/stat`)
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  const [state] = fields
  // A zombie waits for its parent and uses nothing any more.
  return state === "Z" || state === "X" ? undefined : fields[19]
}

const text = (path: string): string => attempt(() => Fs.readFileSync(path, "utf8")) ?? ""

const link = (path: string): string => attempt(() => Fs.readlinkSync(path)) ?? ""

const exists = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    // EPERM: it is there, and somebody else's.
    return !(cause instanceof Error && "code" in cause && cause.code === "ESRCH")
  }
}

const attempt = <A>(read: () => A): A | undefined => {
  try {
    return read()
  } catch {
    return undefined
  }
}
