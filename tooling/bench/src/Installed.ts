/** The bundled command in a home of its own, where a person has founded acme and an agent has a session. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { randomBytes } from "node:crypto"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import * as Measure from "./Measure.ts"

const entry = fileURLToPath(import.meta.resolve("bailiwick/bin/bailiwick.mjs"))

export interface Installed {
  /** `node`, in the same environment. */
  node(...args: ReadonlyArray<string>): Measure.Program
  bailiwick(...args: ReadonlyArray<string>): Measure.Program
  /** A file that the command may read. */
  readonly policy: string
}

export const make = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  const home = yield* files.makeTempDirectoryScoped()
  const file = Effect.fnUntraced(function* (name: string, content: string) {
    const path = Path.join(home, name)
    yield* files.writeFileString(path, content, { mode: 0o600 })
    return path
  })
  // Nothing else of the caller's environment: NODE_EXTRA_CA_CERTS alone can double the start of Node.
  const env = {
    PATH: yield* Config.String("PATH"),
    HOME: home,
    XDG_RUNTIME_DIR: home
  }
  const founded = {
    node: (...args: ReadonlyArray<string>): Measure.Program => ({ command: process.execPath, args, env, cwd: home }),
    bailiwick: (...args: ReadonlyArray<string>) => founded.node(entry, ...args)
  }
  const signed = ["--passphrase-file", yield* file("passphrase", randomBytes(24).toString("base64url"))]
  const recovery = ["--recovery-file", Path.join(home, "recovery")]
  const steps = [
    ["init", "--project", "acme", "--member", "you@example.com", ...recovery, ...signed],
    ["agent", "keygen", "claude"],
    ["agent", "add", "claude", ...signed]
  ]
  for (const step of steps) Measure.run(founded.bailiwick(...step))
  const token = Measure.run(founded.bailiwick("delegate", "claude", "--on", "dev", "--allow", "orders:read", ...signed))
  const session = Measure.run(founded.bailiwick("redeem"), token).trim()

  const asAgent = { ...env, BAILIWICK_SESSION: session }
  const installed: Installed = {
    node: (...args) => ({ ...founded.node(...args), env: asAgent }),
    bailiwick: (...args) => ({ ...founded.bailiwick(...args), env: asAgent }),
    policy: yield* file(
      "policy.json",
      JSON.stringify({
        statements: [{ provider: "oidc", actions: ["orders:*"], resources: ["urn:acme:api"] }],
        deny: []
      })
    )
  }
  return installed
})
