/** Whether everything that AWS's SDKs and CLI read has been decided about, looked up in those that are installed. */
import { assert, describe, it } from "@effect/vitest"
import * as AmbientVariable from "@bailiwick/delivery/AmbientVariable"
import * as ChildEnvironment from "@bailiwick/delivery/ChildEnvironment"
import { spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as AwsVariables from "./support/AwsVariables.ts"

const decided = new Set([
  ...AwsVariables.closed,
  ...AwsVariables.harmless,
  ...AmbientVariable.names.map(([name]) => name)
])

const find = (pattern: string, include: string, directories: ReadonlyArray<string>): ReadonlyArray<string> =>
  spawnSync("grep", ["-rhoE", pattern, `--include=${include}`, ...directories], {
    encoding: "utf8",
    maxBuffer: 1 << 27
  }).stdout.split("\n")

/** Names that stand as constants, and names that are read by whatever name. */
const names = (include: string, read: string, directories: ReadonlyArray<string>): ReadonlySet<string> =>
  new Set(
    [
      ...find(String.raw`\b(AWS|AMAZON|ECS|EC2|BOTO|BOTOCORE)_[A-Z0-9_]+\b`, include, directories),
      ...find(read, include, directories).flatMap((text) => /[A-Za-z_0-9]+$/u.exec(text)?.[0] ?? [])
    ].filter((name) => name !== "")
  )

const packages = (): ReadonlyArray<string> => {
  const store = Path.join(import.meta.dirname, "../../../node_modules/.pnpm")
  return Fs.readdirSync(store)
    .filter((name) => /^@(?:aws|aws-sdk|smithy)\+/u.test(name))
    .map((name) => Path.join(store, name, "node_modules", name.replace(/@[^@]*$/u, "").replace("+", "/")))
}

/** Of the system, and of whatever Python comes first. */
const python = (): ReadonlyArray<string> => {
  const where = "import botocore; print(botocore.__path__[0])"
  const { stdout } = spawnSync("python3", ["-c", where], { encoding: "utf8" })
  const own = stdout?.trim() ?? ""
  return [
    ...["awscli", "botocore"].map((name) => Path.join("/usr/lib/python3/dist-packages", name)),
    ...(own === "" ? [] : [own, Path.join(own, "../awscli")])
  ].filter((path) => Fs.existsSync(path))
}

const undecided = (found: ReadonlySet<string>) => [...found].filter((name) => !decided.has(name))

describe("what AWS's SDKs and CLI read", () => {
  it("is decided for every name in the installed packages of JavaScript", () => {
    const directories = packages()
    assert.isAbove(directories.length, 20)
    const found = names("*.js", String.raw`\b(process\.)?env(\.|\[")[A-Z_][A-Z0-9_]+`, directories)
    for (const name of ["AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_LOGIN_CACHE_DIRECTORY"]) {
      assert.include([...found], name, "the look finds what there is")
    }
    assert.deepStrictEqual(undecided(found), [])
  })

  const installed = python()
  if (installed.length === 0) console.warn("NOT LOOKED AT HERE: no AWS CLI and no botocore; CI has both")

  it.skipIf(installed.length === 0 && process.env["CI"] !== "true")(
    "is decided for every name in the installed packages of Python",
    () => {
      const read = String.raw`(environ\.get\(|environ\[|environ\.pop\(|getenv\()\s*['"][A-Za-z_0-9]+`
      const found = names("*.py", read, installed)
      for (const name of ["AWS_PROFILE", "AWS_CREDENTIAL_FILE", "BOTO_CONFIG"]) assert.include([...found], name)
      assert.deepStrictEqual(undecided(found), [])
    }
  )

  it("reaches no child, whatever the parent has, other than what is no way to a login", () => {
    const theirs = "somebody else's"
    const { closed, harmless } = AwsVariables
    const parent = Object.fromEntries([...closed, ...harmless].map((name) => [name, theirs]))
    const child = ChildEnvironment.build({ parent, configuration: "/run/private", delivered: {}, platform: "linux" })
    const left = Object.keys(child).filter((name) => child[name] === theirs)
    assert.deepStrictEqual(left.toSorted(), harmless.toSorted())
  })
})
