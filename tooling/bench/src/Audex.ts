/** What a list and a look-up cost in a full directory of Audex, beside reading the very same files as text. */
import * as AudexSession from "@bailiwick/storage/audex/AudexSession"
import * as AudexStore from "@bailiwick/storage/audex/AudexStore"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as Measure from "./Measure.ts"
import * as Table from "./Table.ts"

/** As many as the directory holds. */
const files = 1000
const rounds = 30

const principal = "arn:aws:iam::123456789012:role/agent"
const request = {
  ttlSeconds: 3600,
  policy: { actions: [{ service: "s3", action: "GetObject" }], resources: ["arn:aws:s3:::acme-logs/*"] },
  principal,
  command: ["aws", "s3", "ls"]
}
const query = { provider: "aws", allow: "s3:GetObject", principal, resources: request.policy.resources } as const

export const measure = Effect.scoped(
  Effect.gen(function* () {
    const directory = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped({ prefix: "bailiwick-bench-" })
    return yield* inDirectory(directory).pipe(Effect.provide(AudexStore.layer(directory)))
  })
)

const inDirectory = Effect.fnUntraced(function* (directory: string) {
  const store = yield* AudexStore.AudexStore
  yield* Effect.forEach(Array.from({ length: files }), () => Effect.flatMap(AudexSession.aws(request), store.save), {
    discard: true
  })
  const found = yield* Measure.operations(
    {
      text: () => Effect.sync(() => readdirSync(directory).map((name) => readFileSync(join(directory, name)).length)),
      both: () => Effect.andThen(store.list, store.findReusable(query))
    },
    rounds
  )
  const rows: ReadonlyArray<Table.Row> = [
    {
      what: "1,000 Audex files: list and find",
      figure: Table.us(found.both),
      mark: "10000 µs",
      ratio: Table.ratio(found.both / found.text, "reading them")
    }
  ]
  return rows
})
