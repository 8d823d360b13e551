/** The least that a broker could do for a request: one signature check and one durable insert, with nothing around it. */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Crypto from "node:crypto"
import * as Path from "node:path"
import { DatabaseSync } from "node:sqlite"

/** About what a session's row and its two lines of the log come to. */
const row = "x".repeat(3000)

export interface BareHandler {
  readonly check: () => void
  /** As durable as the store's own commits. */
  readonly insert: () => void
}

export const make = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  const filename = Path.join(yield* files.makeTempDirectoryScoped(), "bare.db")
  const database = yield* Effect.acquireRelease(
    Effect.sync(() => new DatabaseSync(filename)),
    (open) => Effect.sync(() => open.close())
  )
  database.exec(
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE rows (id INTEGER PRIMARY KEY, body TEXT)"
  )
  const statement = database.prepare("INSERT INTO rows (body) VALUES (?)")

  const { privateKey, publicKey } = Crypto.generateKeyPairSync("ed25519")
  const message = Crypto.randomBytes(600)
  const signature = Crypto.sign(null, message, privateKey)

  const handler: BareHandler = {
    check: () => {
      if (!Crypto.verify(null, message, publicKey, signature)) throw new Error("a good signature was refused")
    },
    insert: () => {
      statement.run(row)
    }
  }
  return handler
})
