/** What a store must never be, whenever its processes die; read from its files alone. */
import { createHash } from "node:crypto"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { assert } from "vitest"
import * as Store from "./Store.ts"
import type { World } from "./World.ts"

/** Holds the store to them; gives back the log, for the next time. */
export const hold = (world: World, before: ReadonlyArray<string>): ReadonlyArray<string> => {
  const found = Store.read(world, (rows) => ({
    log: rows("SELECT seq, line FROM audit_lines ORDER BY seq"),
    ends: rows("SELECT size FROM audit_ends"),
    store: rows("SELECT generation FROM store"),
    redemptions: rows("SELECT jti, session FROM redemptions"),
    sessions: rows("SELECT id, kind FROM auth_sessions"),
    credentials: rows("SELECT id FROM credential_sessions")
  }))
  const log = found.log.map(({ line }) => String(line))
  inOrder(log, before)
  assert.deepStrictEqual(
    found.ends.map(({ size }) => size),
    [log.length],
    "the log's end"
  )

  const events = log.map((line) => JSON.parse(line))
  const subjects = (type: string): ReadonlyArray<string> =>
    events.filter((event) => event.type === type).map(({ subject }) => subject)
  // A state change and its line share one transaction: there is never the one without the other, and no line twice.
  const redeemed = subjects("token.redeemed")
  assert.strictEqual(new Set(redeemed).size, redeemed.length, "a token was redeemed twice")
  assert.sameMembers(
    [...redeemed],
    found.redemptions.map(({ jti }) => jti)
  )
  const ids = new Set(found.sessions.map(({ id }) => id))
  for (const { session } of found.redemptions) assert.isTrue(ids.has(session), "a redemption without its session")
  assert.sameMembers(
    [...new Set(subjects("issue.intended"))],
    found.credentials.map(({ id }) => id)
  )

  const file = Number(Fs.readFileSync(Path.join(world.store, "generation"), "utf8"))
  assert.isAtLeast(file, found.store[0]?.generation, "the generation file is below the database")
  return log
}

const inOrder = (log: ReadonlyArray<string>, before: ReadonlyArray<string>): void => {
  assert.deepStrictEqual(log.slice(0, before.length), before, "lines that were there have gone")
  let previous = "0".repeat(64)
  for (const [seq, line] of log.entries()) {
    const { prev, seq: stated } = JSON.parse(line)
    assert.strictEqual(stated, seq)
    assert.strictEqual(prev, previous, `line ${seq} does not follow the one before`)
    previous = createHash("sha256").update(line).digest("hex")
  }
}

/** Whatever could still act, of people, agents and credentials. */
export const active = (world: World): ReadonlyArray<Store.Row> =>
  Store.read(world, (rows) =>
    ["auth_sessions", "credential_sessions"].flatMap((table) =>
      rows(`SELECT '${table}' AS kind, id, status FROM ${table} WHERE status = 'active'`)
    )
  )
