/** What is looked at before any store is opened: the program's own footing, and who could read this user's files. */
import { lstat } from "node:fs/promises"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as SecretDirectory from "@bailiwick/delivery/SecretDirectory"
import { StateDirectory } from "@bailiwick/storage/StateDirectory"
import { TerminalBinding } from "@bailiwick/tokens/TerminalBinding"
import * as Path from "node:path"
import * as AgentRun from "../client/AgentRun.ts"
import * as Count from "../ui/Count.ts"
import { advice, type Finding, good, problem } from "./Finding.ts"

export const all = Effect.gen(function* () {
  return [yield* node, ...(yield* directories), yield* terminal, yield* runs, yield* ambient, isolation]
})

const node = Effect.sync((): Finding => {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
  return major > 24 || (major === 24 && minor >= 11)
    ? good("node", `Node.js ${process.versions.node}`)
    : problem("node", `Node.js ${process.versions.node} is too old`, "install Node.js 24.11 or newer")
})

const directories = Effect.gen(function* () {
  const { config, state } = yield* StateDirectory
  return yield* Effect.forEach([config, Path.join(config, "identities"), state], isPrivate)
})

const isPrivate = (path: string) =>
  Effect.map(Effect.option(Effect.tryPromise(() => lstat(path))), (stat): Finding => {
    if (Option.isNone(stat)) return good("directory", `${path} is not there yet`)
    const { mode, uid } = stat.value
    if (uid !== process.getuid?.())
      return problem("directory", `${path} is not yours`, `move it away, or: sudo chown -R "$USER" '${path}'`)
    if (!stat.value.isDirectory()) return problem("directory", `${path} is no directory`, "move it away")
    return (mode & 0o077) === 0
      ? good("directory", `${path} is yours alone`)
      : problem("directory", `${path} is open to others`, `chmod 700 '${path}'`)
  })

const terminal = Effect.gen(function* () {
  const found = yield* Effect.option((yield* TerminalBinding).read)
  return Option.match(found, {
    onNone: () =>
      advice(
        "terminal",
        "there is no terminal that a session could be bound to",
        "log in from a terminal; scripts give --passphrase-file"
      ),
    onSome: ({ tty }) => good("terminal", `sessions are bound to ${tty}`)
  })
})

/** Sweeping is the fix itself: what a killed run left behind is removed now. */
const runs = Effect.gen(function* () {
  const { fallback, runtime } = yield* AgentRun.places
  const bases = [fallback, ...(runtime === undefined ? [] : [Path.join(runtime, "bailiwick")])]
  const swept = yield* Effect.forEach(bases, SecretDirectory.sweep)
  const count = swept.reduce((sum, one) => sum + one, 0)
  return count === 0
    ? good("runs", "no killed run left anything behind")
    : advice(
        "runs",
        `${Count.of(count, "killed run")} had left files behind; they are removed`,
        "nothing is left to do"
      )
})

const ambientNames = [
  "AWS_ACCESS_KEY_ID",
  "AWS_PROFILE",
  "GOOGLE_APPLICATION_CREDENTIALS",
  "AZURE_CLIENT_SECRET",
  "VAULT_TOKEN"
]

const ambient = Effect.gen(function* () {
  const set = yield* Effect.filter(ambientNames, (name) =>
    Effect.map(Effect.option(Config.String(name)), Option.isSome)
  )
  return set.length === 0
    ? good("ambient", "no cloud login lies in this environment")
    : advice(
        "ambient",
        `this environment holds logins of its own: ${set.join(", ")}`,
        "run removes them from its children; anything that you start without it has them"
      )
})

// Not a fault: it is what an embedded broker is. Said each time, because it is the limit of everything else here.
const isolation = advice(
  "isolation",
  "same-user: code that runs as you can read the store, the log and every session's key",
  "keep the broker under another uid (separate-user): bailiwick serve --socket, once this installation has it"
)
