/**
 * A founded project in a temporary home: one person, whose identity the test made and can sign with, and two agents to
 * whom they have lent before.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as MemberId from "@bailiwick/core/MemberId"
import * as ProjectId from "@bailiwick/core/ProjectId"
import * as Ed25519 from "@bailiwick/tokens/Ed25519"
import * as Identity from "@bailiwick/tokens/Identity"
import * as Passphrase from "@bailiwick/tokens/Passphrase"
import { PassphraseKdf } from "@bailiwick/tokens/PassphraseKdf"
import * as PrivateSeed from "@bailiwick/tokens/PrivateSeed"
import * as RecoveryKey from "@bailiwick/tokens/RecoveryKey"
import { execFileSync } from "node:child_process"
import * as Fs from "node:fs"
import { tmpdir } from "node:os"
import * as Path from "node:path"
import { assert } from "vitest"
import * as Bailiwick from "./Bailiwick.ts"
import * as Bundle from "./Bundle.ts"
import type * as Forge from "./Forge.ts"
import * as RecordText from "./RecordText.ts"

export const project = ProjectId.ProjectId.make("acme")
export const human = MemberId.HumanId.make("you@example.com")

/** Milliseconds for founding a project on a machine that is busy with other tests. */
export const patience = 120_000

/** What signing in the test itself needs. */
export const Signing = Ed25519.Ed25519.layerNode.pipe(Layer.provideMerge(NodeCrypto.layer))

export const signing = <A, E>(effect: Effect.Effect<A, E, Layer.Success<typeof Signing>>): Promise<A> =>
  Effect.runPromise(Effect.provide(effect, Signing))

export interface Options {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly input?: string | Uint8Array
  readonly open?: true
  readonly fds?: ReadonlyArray<number>
}

/** What the person alone knows. */
export interface Secrets {
  readonly passphrase: string
  readonly seed: PrivateSeed.PrivateSeed
  readonly words: string
}

export class World {
  readonly entry: string
  readonly home: string
  readonly secrets: Secrets

  constructor(entry: string, home: string, secrets: Secrets) {
    this.entry = entry
    this.home = home
    this.secrets = secrets
  }

  get env(): Readonly<Record<string, string>> {
    return {
      PATH: process.env.PATH ?? "",
      HOME: this.home,
      XDG_CONFIG_HOME: Path.join(this.home, "config"),
      XDG_STATE_HOME: Path.join(this.home, "state"),
      XDG_RUNTIME_DIR: Path.join(this.home, "run")
    }
  }

  /** The store's own directory. */
  get store(): string {
    return Path.join(this.home, "state", "bailiwick", project)
  }

  get config(): string {
    return Path.join(this.home, "config", "bailiwick")
  }

  /** The flags that sign as the person, without a terminal. */
  get signed(): ReadonlyArray<string> {
    return ["--passphrase-file", Path.join(this.home, "passphrase")]
  }

  start(args: ReadonlyArray<string>, { cwd = this.home, env, ...options }: Options = {}): Bailiwick.Started {
    return Bailiwick.start(process.execPath, [this.entry, ...args], { ...options, cwd, env: { ...this.env, ...env } })
  }

  /** To its end, whatever that is. */
  run(args: ReadonlyArray<string>, options: Options = {}): Promise<Bailiwick.Ended> {
    return this.start(args, options).ended
  }

  /** What it prints, without the line end; anything but success fails the test. */
  async must(args: ReadonlyArray<string>, options: Options = {}): Promise<string> {
    return Bailiwick.succeeded(await this.run(args, options), `bailiwick ${args.join(" ")}`).trimEnd()
  }

  async json(args: ReadonlyArray<string>, options: Options = {}): Promise<Forge.Json> {
    return JSON.parse(await this.must([...args, "--json"], options))
  }

  async refused(args: ReadonlyArray<string>, refusal: Bailiwick.Refusal, options: Options = {}): Promise<void> {
    Bailiwick.refused(await this.run(args, options), refusal)
  }

  /** A private file in the home. */
  file(name: string, content: string | Uint8Array): string {
    const path = Path.join(this.home, name)
    Fs.writeFileSync(path, content, { mode: 0o600 })
    return path
  }

  /** A bearer token for an agent, signed by the person. */
  lend(agent: string, ...flags: ReadonlyArray<string>): Promise<string> {
    const grant = flags.length > 0 ? flags : ["--allow", "orders:read,orders:write"]
    return this.must(["delegate", agent, "--on", "dev", "--bearer", ...grant, ...this.signed])
  }

  redeem(token: string, options: Options = {}): Promise<string> {
    return this.must(["redeem"], { ...options, input: token })
  }

  /** A new session of an agent's, with this grant of the person's. */
  async session(agent: string, grant: ReadonlyArray<string>): Promise<string> {
    return this.redeem(await this.must(["delegate", agent, "--bearer", ...grant, ...this.signed]))
  }

  /** Signs a record and puts it in force. */
  async apply(record: RecordText.Fields): Promise<void> {
    this.file("bailiwick.toml", RecordText.of(project, record))
    await this.must(["project", "apply", ...this.signed])
  }

  /** The environment of an agent. */
  as(session: string): Options {
    return { env: { BAILIWICK_SESSION: session } }
  }

  /** The same state in another home, so that a test may damage what it likes. */
  copy(): World {
    const home = temporary()
    copyInto(this.home, home)
    return new World(this.entry, home, this.secrets)
  }

  remove(): void {
    Fs.rmSync(this.home, { recursive: true, force: true })
  }
}

const temporary = (): string => Fs.mkdtempSync(Path.join(tmpdir(), "bailiwick-whole-"))

/** A project of one's own for a test; all are copies of one that is founded once for a bundle. */
export const found = async (): Promise<World> => {
  const bundle = await Bundle.directory()
  const template = await Bundle.once(`${Path.basename(bundle)}-world`, async (draft) => {
    const world = await make(bundle)
    const { seed, ...secrets } = world.secrets
    copyInto(world.home, Path.join(draft, "home"))
    Fs.writeFileSync(Path.join(draft, "secrets"), JSON.stringify({ ...secrets, seed: [...Redacted.value(seed)] }))
    world.remove()
    return true
  })
  assert.isDefined(template)
  const { passphrase, seed, words } = JSON.parse(Fs.readFileSync(Path.join(template, "secrets"), "utf8"))
  const secrets = { passphrase, words, seed: PrivateSeed.fromBytes(Uint8Array.from(seed)) }
  const home = temporary()
  copyInto(Path.join(template, "home"), home)
  return new World(Path.join(bundle, "bailiwick.js"), home, secrets)
}

/** A project of the same name and members with other keys: what somebody makes who would like to be its owner. */
export const foundAnother = async (): Promise<World> => make(await Bundle.directory())

// `cp -a`, because Node's own copy forgets the modes of directories, and the command insists on them.
const copyInto = (from: string, to: string): void => {
  execFileSync("cp", ["-a", `${from}/.`, to])
}

/** Founded by the built command itself; only the identity is made here, so that tests have its seed. */
const make = async (bundle: string): Promise<World> => {
  const { file, passphrase, recoveryKey, seed } = await newIdentity()
  const words = Redacted.value(RecoveryKey.toWords(recoveryKey))
  const world = new World(Path.join(bundle, "bailiwick.js"), temporary(), { passphrase, seed, words })
  for (const place of ["config", "state", "run"]) Fs.mkdirSync(Path.join(world.home, place), { mode: 0o700 })
  world.file("passphrase", `${passphrase}\n`)
  const identities = Path.join(world.config, "identities", project)
  Fs.mkdirSync(identities, { recursive: true, mode: 0o700 })
  Fs.writeFileSync(Path.join(identities, `${human}.json`), Identity.format(file), { mode: 0o600 })
  await world.must(["init", "--project", project, "--member", human, ...world.signed])
  for (const agent of ["claude", "other"]) {
    await world.must(["agent", "keygen", agent])
    await world.must(["agent", "add", agent, ...world.signed])
    await world.lend(agent)
  }
  return world
}

// The least that the command takes (formats §2), because every round of a test opens it.
const cheapest = Layer.effect(
  PassphraseKdf,
  Effect.map(PassphraseKdf, (kdf) => PassphraseKdf.of({ ...kdf, cost: { m: 64 * 1024, t: 3, p: 1 } }))
).pipe(Layer.provide(PassphraseKdf.layer))

const newIdentity = () =>
  signing(
    Effect.gen(function* () {
      const passphrase = yield* Passphrase.generate
      const made = yield* Identity.create({ member: human, project, passphrase })
      return { ...made, passphrase: Redacted.value(passphrase) }
    }).pipe(Effect.provide(cheapest.pipe(Layer.provide(NodeCrypto.layer))))
  )
