/** The store's files as anybody can look at them who runs as the same user: from outside, and changing nothing. */
import { createHash } from "node:crypto"
import * as Fs from "node:fs"
import { tmpdir } from "node:os"
import * as Path from "node:path"
import { DatabaseSync } from "node:sqlite"
import { assert } from "vitest"
import type * as Forge from "./Forge.ts"
import type { World } from "./World.ts"

export type Row = Forge.Payload

/**
 * Reads a copy of the database and its write-ahead log: what a killed process left must be mended by the command, not by
 * whoever looks.
 */
export const read = <A>(world: World, use: (rows: (sql: string) => ReadonlyArray<Row>) => A): A => {
  const directory = Fs.mkdtempSync(Path.join(tmpdir(), "bailiwick-look-"))
  try {
    for (const name of ["store.db", "store.db-wal"]) {
      const path = Path.join(world.store, name)
      if (Fs.existsSync(path)) Fs.copyFileSync(path, Path.join(directory, name))
    }
    const database = new DatabaseSync(Path.join(directory, "store.db"))
    try {
      return use((sql) => database.prepare(sql).all())
    } finally {
      database.close()
    }
  } finally {
    Fs.rmSync(directory, { recursive: true })
  }
}

export const lines = (world: World): ReadonlyArray<string> =>
  read(world, (rows) => rows("SELECT line FROM audit_lines ORDER BY seq").map(({ line }) => String(line)))

/** A line for each row of each table but the log's; without the highest time seen, which whoever writes a line raises. */
const rowsOf = (world: World): ReadonlyArray<string> =>
  read(world, (rows) =>
    rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'audit_%' ORDER BY name").flatMap(
      ({ name }) =>
        rows(`SELECT * FROM "${name}" ORDER BY 1, 2`).map((row) => `${name} ${JSON.stringify({ ...row, clock: null })}`)
    )
  )

/**
 * Of the database what it says, for its own files are moved about by whoever closes it last; of all other files the bytes.
 * The newest head that this user has seen may grow with everything that looks at the log: it is no one's authority.
 */
const everything = (world: World): ReadonlyArray<string> => [
  ...rowsOf(world),
  ...["config", "state", "run"]
    .flatMap((name) => files(Path.join(world.home, name)))
    .filter((line) => !/^bailiwick\/(acme\/store\.db|projects\/acme\.json)/u.test(line))
]

/** Holds what is done to having changed nothing; the log may tell of the refusal, and of nothing else. */
export const unchanged = async (world: World, use: () => Promise<void>): Promise<void> => {
  const [before, log] = [everything(world), lines(world)]
  await use()
  const after = everything(world)
  assert.deepStrictEqual(
    after.filter((line) => !before.includes(line)),
    [],
    "what is new"
  )
  assert.deepStrictEqual(
    before.filter((line) => !after.includes(line)),
    [],
    "what is gone"
  )
  const longer = lines(world)
  assert.deepStrictEqual(longer.slice(0, log.length), log)
  for (const line of longer.slice(log.length)) assert.strictEqual(JSON.parse(line).outcome, "refused", line)
}

/** Every file under a directory with its mode and the hash of its content, sorted. */
export const files = (directory: string): ReadonlyArray<string> =>
  Fs.existsSync(directory)
    ? Fs.readdirSync(directory, { recursive: true, withFileTypes: true })
        .map((entry) => {
          const path = Path.join(entry.parentPath, entry.name)
          const mode = (Fs.lstatSync(path).mode & 0o7777).toString(8)
          const content = entry.isFile() ? createHash("sha256").update(Fs.readFileSync(path)).digest("hex") : "-"
          return `${Path.relative(directory, path)} ${mode} ${content}`
        })
        .toSorted()
    : []
