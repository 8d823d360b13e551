/**
 * A real STS and S3 that enforces inline session policies: one Ceph RADOS Gateway on loopback, in memory, for one scope.
 *
 * Needs root and the Debian packages `radosgw ceph-mon ceph-osd ceph-common ceph-base util-linux`. What the gateway (16.2) does not
 * evaluate as AWS does: session tags, NotAction, white space in session policies, patterns of actions that it does not know.
 */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { type ChildProcess, execFile, spawn } from "node:child_process"
import { randomBytes, randomUUID } from "node:crypto"
import { rmSync } from "node:fs"
import { mkdir, mkdtemp, readdir, writeFile } from "node:fs/promises"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

export class GatewayError extends Schema.TaggedError<GatewayError>()("GatewayError", { detail: Schema.String }) {
  override get message() {
    return this.detail
  }
}

export interface Key {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export interface Gateway {
  readonly url: string
  readonly role: string
  /** May assume the role, and nothing else. */
  readonly broker: Key
  /** Owns buckets. */
  readonly owner: Key
  /** May do nothing. */
  readonly stranger: Key
}

type Step<A> = Effect.Effect<A, GatewayError>

const run = (command: string, ...parameters: ReadonlyArray<string>): Step<string> =>
  Effect.callback((resume, signal) => {
    execFile(command, [...parameters], { signal, timeout: 60_000 }, (error, stdout, stderr) => {
      const detail = `${command} ${parameters[0] ?? ""}: ${error?.code === "ENOENT" ? "not installed" : stderr.slice(-500)}`
      resume(error === null ? Effect.succeed(stdout) : Effect.fail(new GatewayError({ detail })))
    })
  })

/** A daemon in the foreground, ended with the scope, and by the kernel when this process is killed before it closes that. */
const daemon = (
  command: string,
  ...parameters: ReadonlyArray<string>
): Effect.Effect<ChildProcess, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => spawn("setpriv", ["--pdeathsig", "KILL", command, ...parameters], { stdio: "ignore" })),
    (child) =>
      Effect.callback<void>((resume) => {
        if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
        child.once("exit", () => resume(Effect.void))
        child.kill("SIGKILL")
      })
  )

const freePort: Effect.Effect<number> = Effect.callback((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() => resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0)))
  })
})

const configuration = (dir: string, ports: { readonly mon: number; readonly rgw: number }, fsid: string): string =>
  `[global]
fsid = ${fsid}
mon host = v2:127.0.0.1:${ports.mon}/0
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
client mount timeout = 20
rgw init timeout = 30
keyring = ${dir}/keyring
mon data = ${dir}/mon
osd data = ${dir}/osd
run dir = ${dir}/run
admin socket = ${dir}/run/$cluster-$name.asok
pid file = ${dir}/run/$type.$id.pid
log file = ${dir}/log/$name.log
osd objectstore = memstore
memstore device bytes = 268435456
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd crush chooseleaf type = 0
mon allow pool size one = true
[client.rgw.a]
rgw frontends = beast endpoint=127.0.0.1:${ports.rgw}
rgw data = ${dir}/rgw
rgw sts key = ${randomBytes(8).toString("hex")}
rgw s3 auth use sts = true
rgw enable usage log = false
rgw num rados handles = 1
`

const allCaps = ["--cap", "mon", "allow *", "--cap", "osd", "allow *", "--cap", "mgr", "allow *"]

const cluster = Effect.fnUntraced(function* (dir: string, conf: string, port: number) {
  const keyring = `${dir}/keyring`
  const fsid = randomUUID()
  const disk = randomUUID()
  const rgw = yield* freePort
  yield* Effect.promise(async () => {
    for (const name of ["mon", "osd", "run", "log", "rgw"]) await mkdir(join(dir, name))
    await writeFile(conf, configuration(dir, { mon: port, rgw }, fsid), { mode: 0o600 })
  })
  yield* run("ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *")
  for (const name of ["client.admin", "osd.0", "client.rgw.a"]) {
    yield* run("ceph-authtool", keyring, "--gen-key", "-n", name, ...allCaps)
  }
  const map = `${dir}/monmap`
  yield* run("monmaptool", "--create", "--fsid", fsid, "--addv", "a", `[v2:127.0.0.1:${port}]`, map)
  yield* run("ceph-mon", "-c", conf, "--mkfs", "-i", "a", "--monmap", map, "--keyring", keyring)
  yield* daemon("ceph-mon", "-f", "-c", conf, "-i", "a")
  yield* run("ceph", "-c", conf, "--connect-timeout", "15", "osd", "new", disk)
  // The monitor takes no disk of another id than the one it was told of.
  yield* run("ceph-osd", "-c", conf, "-i", "0", "--mkfs", "--osd-uuid", disk)
  yield* daemon("ceph-osd", "-f", "-c", conf, "-i", "0")
  yield* daemon("radosgw", "-f", "-c", conf, "-n", "client.rgw.a", "--keyring", keyring)
  return `http://127.0.0.1:${rgw}`
})

const answers = (url: string): Step<void> =>
  Effect.tryPromise({
    try: async () => {
      const { ok } = await fetch(url)
      if (!ok) throw new Error("not yet")
    },
    catch: () => new GatewayError({ detail: "the gateway did not come up within a minute" })
  }).pipe(Effect.retry(Schedule.max([Schedule.spaced("250 millis"), Schedule.recurs(240)])))

const keyOf = (name: string): Key => ({
  accessKeyId: `${name.toUpperCase()}${randomBytes(6).toString("hex").toUpperCase()}`,
  secretAccessKey: randomBytes(20).toString("hex")
})

const prefix = "bailiwick-rgw-"

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const remove = (path: string): void => rmSync(path, { recursive: true, force: true })

/** A directory of this process's own, until its end; those of processes that were killed go. */
const directory = async (): Promise<string> => {
  for (const name of await readdir(tmpdir())) {
    const [, pid] = new RegExp(`^${prefix}(\\d+)-`, "u").exec(name) ?? []
    if (pid !== undefined && !isAlive(Number(pid))) remove(join(tmpdir(), name))
  }
  const path = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`))
  // An interrupted run ends without closing its scopes.
  process.once("exit", () => remove(path))
  return path
}

const statement = (fields: object): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", ...fields }] })

/** Starts it, about 20 seconds, with a role `agent` that may do everything in S3. */
export const make: Effect.Effect<Gateway, GatewayError, Scope.Scope> = Effect.gen(function* () {
  const dir = yield* Effect.acquireRelease(Effect.promise(directory), (path) => Effect.sync(() => remove(path)))
  const conf = `${dir}/ceph.conf`
  const url = yield* cluster(dir, conf, yield* freePort)
  yield* answers(url)
  const keys = { broker: keyOf("broker"), owner: keyOf("owner"), stranger: keyOf("stranger") }
  const admin = (...parameters: ReadonlyArray<string>) =>
    run("radosgw-admin", ...parameters, "--admin-socket=", "-c", conf, "-n", "client.rgw.a", `--keyring=${dir}/keyring`)
  for (const [name, key] of Object.entries(keys)) {
    const { accessKeyId, secretAccessKey } = key
    const named = [`--uid=${name}`, `--display-name=${name}`]
    yield* admin("user", "create", ...named, `--access-key=${accessKeyId}`, `--secret=${secretAccessKey}`)
  }
  const trust = statement({ Principal: { AWS: ["arn:aws:iam:::user/broker"] }, Action: ["sts:AssumeRole"] })
  yield* admin("role", "create", "--role-name=agent", "--path=/", `--assume-role-policy-doc=${trust}`)
  const all = statement({ Action: ["s3:*"], Resource: ["arn:aws:s3:::*"] })
  yield* admin("role-policy", "put", "--role-name=agent", "--policy-name=all", `--policy-doc=${all}`)
  return { url, role: "arn:aws:iam:::role/agent", ...keys }
})
