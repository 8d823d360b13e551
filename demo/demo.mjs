// The main job, for real and in five minutes of reading: a person lends, an agent redeems, works, is narrowed, is refused
// and is ended, and the log proves it. Nothing here needs a cloud; everything happens in a temporary directory.
import { randomBytes } from "node:crypto"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { fileURLToPath } from "node:url"
import { bailiwick, chapter, check, home, say, secretFile, start, until } from "./stage.mjs"

const worker = ["node", fileURLToPath(new URL("worker.mjs", import.meta.url))]
const passphrase = secretFile("passphrase", randomBytes(24).toString("base64url"))
const signed = ["--passphrase-file", passphrase]

chapter("A person founds a project: an identity behind a passphrase, and signed limits")
await bailiwick([
  "init",
  "--project",
  "acme",
  "--member",
  "you@example.com",
  "--recovery-file",
  join(home, "recovery"),
  ...signed
])

chapter("They enrol an agent and lend it a piece of their authority")
say("the agent makes its own key; the person enrols the public half")
await bailiwick(["agent", "keygen", "claude"])
await bailiwick(["agent", "add", "claude", ...signed])
const { stdout: token } = await bailiwick(
  ["delegate", "claude", "--on", "dev", "--allow", "orders:read,orders:write", "--ttl", "1h", ...signed],
  { secret: true }
)

chapter("The agent redeems the token, once")
const { stdout: session } = await bailiwick(["redeem"], { input: token, secret: true })
const agent = { env: { BAILIWICK_SESSION: session.trim() } }
await bailiwick(["whoami"], agent)
say("somebody who copied the token comes too late")
await bailiwick(["redeem"], { input: token, expect: 3 })

chapter("It runs a command with a credential that is narrowed to what was asked")
const narrowed = await bailiwick(["run", "--on", "dev", "--allow", "orders:read", "--", ...worker], agent)
check(narrowed.stdout.includes("scopes [orders:read]"), "a token with the one scope that was asked for")

chapter("What was not lent is refused, and what sticks out is said")
await bailiwick(["run", "--on", "dev", "--allow", "orders:delete", "--", ...worker], { ...agent, expect: 4 })

chapter("A sub-agent gets less, and never more")
const { stdout: grant } = await bailiwick(
  ["delegate", "claude/tests", "--on", "dev", "--allow", "orders:read", "--bearer"],
  {
    ...agent,
    secret: true
  }
)
const { stdout: subSession } = await bailiwick(["redeem"], { input: grant, secret: true })
const subAgent = { env: { BAILIWICK_SESSION: subSession.trim() } }
const less = await bailiwick(["run", "--on", "dev", "--", ...worker], subAgent)
check(
  less.stdout.includes("ai:claude/tests@acme") && less.stdout.includes("scopes [orders:read]"),
  "the sub-agent's own, smaller token"
)
await bailiwick(["run", "--on", "dev", "--allow", "orders:write", "--", ...worker], { ...subAgent, expect: 4 })

chapter("The person ends it, and the very next refresh is refused")
const running = start(["run", "--on", "dev", "--", ...worker, "stay"], agent)
await until(running.output, (text) => text.includes("verified"), "the worker's first token")
await bailiwick(["delegations", "revoke", "claude", ...signed])
const { stdout: ended } = await running.ended
check(ended.includes("next refresh refused"), "the running worker to be refused its next token")
await bailiwick(["run", "--on", "dev", "--", ...worker], { ...agent, expect: 3 })

chapter("The log proves it")
await bailiwick(["audit", "show"])
await bailiwick(["audit", "verify"])

chapter("One byte of an exported log is flipped")
const exported = join(home, "log.jsonl")
await bailiwick(["audit", "export", "--output", exported])
await bailiwick(["audit", "verify", exported])
const bytes = readFileSync(exported)
const place = bytes.indexOf("credentials.issued")
check(place > 0, "a line that tells of an issued credential")
bytes[place] ^= 1
writeFileSync(exported, bytes)
await bailiwick(["audit", "verify", exported], { expect: 1 })

chapter("One byte of a stored row is flipped")
const database = new DatabaseSync(join(home, "state", "bailiwick", "acme", "store.db"))
const { changes } = database
  .prepare("UPDATE audit_lines SET line = replace(line, 'credentials.issued', 'bredentials.issued') WHERE seq = 9")
  .run()
check(changes === 1, "one stored line to be changed")
database.close()
await bailiwick(["audit", "verify"], { expect: 1 })

console.log("\nDone: lent, redeemed once, narrowed, refused, ended, proved. Nothing is left behind.")
