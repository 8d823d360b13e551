/** The store's files as anybody can look at them who runs as the same user: from outside, and changing nothing. */
import { createHash } from "node:crypto"
import * as Fs from "node:fs"
import { tmpdir } from "node:os"
import * as Path from "node:path"
import { DatabaseSync } from "node:sqlite"
import type { World } from "./World.ts"

export type Row = Readonly<Record<string, any>>

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

/** Every row of every table but the log's: what a refused command must not have changed. */
export const rows = (world: World): string =>
  read(world, (rows) =>
    JSON.stringify(
      rows("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        .map(({ name }) => [name, rows(`SELECT * FROM "${name}" ORDER BY 1, 2`)])
    )
  )

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
