/** What is published, as it is published: compiled, packed, unpacked beside its dependencies, and used by a stranger. */
import { execFileSync } from "node:child_process"
import * as Fs from "node:fs"
import { tmpdir } from "node:os"
import * as Path from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"

const root = Path.join(import.meta.dirname, "../../../..")
const compiler = Path.join(root, "node_modules/.bin/tsc")
const rooms = Fs.readdirSync(Path.join(root, "packages")).map((room) => Path.join(root, "packages", room))

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, string | null>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

const manifestOf = (folder: string): Manifest => JSON.parse(Fs.readFileSync(Path.join(folder, "package.json"), "utf8"))

let place = ""
let modules = ""
let published: ReadonlyArray<Manifest> = []

const run = (program: string, words: ReadonlyArray<string>, cwd = place): string =>
  execFileSync(program, words, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] })

const link = (from: string, to: string) => {
  Fs.mkdirSync(Path.dirname(to), { recursive: true })
  Fs.symlinkSync(Fs.realpathSync(from), to)
}

/** The folder that everybody gets who installs what is packed here. */
const unpack = (room: string): string => {
  const packed = run("pnpm", ["pack", "--pack-destination", place], room).trim().split("\n").at(-1) ?? ""
  const unpacked = Fs.mkdtempSync(Path.join(place, "unpacked-"))
  run("tar", ["--extract", "--gzip", "--file", packed, "--directory", unpacked])
  return Path.join(unpacked, "package")
}

/** Lays a package where npm would, with what its own manifest asks for beside it and nothing else. */
const install = (room: string): Manifest => {
  const unpacked = unpack(room)
  const manifest = manifestOf(unpacked)
  const home = Path.join(modules, manifest.name)
  Fs.mkdirSync(Path.dirname(home), { recursive: true })
  Fs.renameSync(unpacked, home)
  const others = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
  for (const name of others.filter((other) => !other.startsWith("@bailiwick/"))) {
    link(Path.join(room, "node_modules", name), Path.join(home, "node_modules", name))
  }
  return manifest
}

beforeAll(() => {
  // As `npm run build` does it; the command is bundled already, and others are running it.
  run(compiler, ["-b"], root)
  place = Fs.mkdtempSync(Path.join(tmpdir(), "bailiwick-published-"))
  modules = Path.join(place, "node_modules")
  published = rooms.map(install)
  link(Path.join(root, "tooling/testkit/node_modules/effect"), Path.join(modules, "effect"))
  link(Path.join(root, "node_modules/@types/node"), Path.join(modules, "@types/node"))
}, 300_000)
afterAll(() => Fs.rmSync(place, { recursive: true, force: true }))

const consumer = `
import * as Policy from "@bailiwick/core/Policy"
import { Actions, PolicyDocument } from "@bailiwick/provider-aws"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"

const policy: Policy.Policy = Result.getOrThrow(Policy.parse("aws", { allow: "s3:GetObject", resource: "s3://acme/*" }))
const table = await Effect.runPromise(Actions.load)
const options: PolicyDocument.Options = { table, partition: "aws", room: 2048, permitted: [], managed: [] }
console.log(Result.getOrThrow(PolicyDocument.compile(policy, options)).text)
`

const settings = JSON.stringify({
  compilerOptions: { strict: true, noEmit: true, module: "NodeNext", target: "ES2024", types: ["node"] },
  include: ["*.ts"]
})

describe("the packages as they are published", () => {
  it("hold no source in place of what is compiled, and name what they need by version", () => {
    assert.isAbove(published.length, 5)
    for (const { dependencies, exports, name, peerDependencies } of published) {
      const versions = Object.values({ ...dependencies, ...peerDependencies })
      assert.isTrue(
        versions.every((version) => /^\d+\.\d+\.\d+$/u.test(version)),
        `${name}: ${versions.join(", ")}`
      )
      const targets = Object.values(exports).filter((target) => target !== null)
      assert.isTrue(
        targets.every((target) => /^\.\/dist\/.+\.js$/u.test(target)),
        `${name}: ${targets.join(", ")}`
      )
    }
  })

  it("can be loaded, each of their modules, by Node alone", () => {
    const names = published.flatMap(({ name }) => {
      const compiled = Fs.readdirSync(Path.join(modules, name, "dist"), { recursive: true, encoding: "utf8" })
      return compiled
        .filter((file) => file.endsWith(".js") && !file.startsWith("internal"))
        .map((file) => (file === "index.js" ? name : `${name}/${file.slice(0, -3)}`))
    })
    assert.isAbove(names.length, 200)
    Fs.writeFileSync(
      Path.join(place, "all.mjs"),
      `for (const name of ${JSON.stringify(names)}) await import(name)\nconsole.log("loaded")\n`
    )
    // Nothing else is printed: no module does anything when it is loaded.
    assert.strictEqual(run(process.execPath, ["all.mjs"]), "loaded\n")
    assert.throws(() => run(process.execPath, ["-e", `import("${names[0]}/NoSuchModule")`]), /ERR_MODULE_NOT_FOUND/u)
    assert.throws(
      () => run(process.execPath, ["-e", `import("@bailiwick/storage/internal/FileGuard")`]),
      /ERR_PACKAGE/u
    )
  })

  it("are typed for who embeds them, and do what they say", () => {
    Fs.writeFileSync(Path.join(place, "package.json"), '{"type":"module"}')
    Fs.writeFileSync(Path.join(place, "tsconfig.json"), settings)
    Fs.writeFileSync(Path.join(place, "consumer.ts"), consumer)
    run(compiler, [])
    assert.strictEqual(
      run(process.execPath, ["consumer.ts"]),
      '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::acme/*"}]}\n'
    )
    Fs.writeFileSync(Path.join(place, "consumer.ts"), consumer.replace("room: 2048", 'room: "2048"'))
    assert.throws(() => run(compiler, []))
  })
})

describe("the command as it is published", () => {
  it("asks for no package and runs where there is none", () => {
    const home = unpack(Path.join(root, "apps/cli"))
    const { dependencies, peerDependencies } = manifestOf(home)
    assert.deepStrictEqual([dependencies, peerDependencies], [undefined, undefined])
    assert.deepStrictEqual(Fs.readdirSync(home).toSorted(), ["LICENSE", "README.md", "bin", "dist", "package.json"])
    const compiled = Fs.readdirSync(Path.join(home, "dist"), { encoding: "utf8" })
    assert.isTrue(
      compiled.every((file) => file.endsWith(".js")),
      compiled.join(", ")
    )

    const entry = Path.join(home, "bin/bailiwick.mjs")
    const empty = { HOME: place, BAILIWICK_STATE_DIR: Path.join(place, "state") }
    const bailiwick = (...words: ReadonlyArray<string>) =>
      execFileSync(process.execPath, [entry, ...words], { cwd: place, env: empty, encoding: "utf8", stdio: "pipe" })
    assert.match(bailiwick("--version"), /^bailiwick \d+\.\d+\.\d+\n$/u)
    Fs.writeFileSync(Path.join(place, "passphrase"), "seven quiet herons cross the marsh\n", { mode: 0o600 })
    const founder = ["--member", "you@example.com", "--passphrase-file", "passphrase", "--recovery-file", "words"]
    assert.match(bailiwick("init", "--project", "acme", ...founder), /^project +acme$/mu)
    assert.match(bailiwick("status"), /acme/u)
    assert.throws(() => bailiwick("no-such-command"))
  })
})
