import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import type { Credentials } from "@bailiwick/core/Credentials"
import { SecretFiles } from "@bailiwick/core/ports/SecretFiles"
import { StoreError } from "@bailiwick/core/StoreError"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"

const refused = () => new StoreError({ reason: "Unavailable", detail: "the test's file system refused" })
const attempt = <A>(run: () => A) => Effect.try({ try: run, catch: refused })

/** A plain stand-in for the private files of a state directory. */
const files = Layer.succeed(SecretFiles, {
  read: (path, maximum) =>
    attempt(() => (Fs.existsSync(path) ? Option.some(new Uint8Array(Fs.readFileSync(path))) : Option.none())).pipe(
      Effect.filterOrFail(
        (bytes) => Option.isNone(bytes) || bytes.value.length <= maximum,
        () => new StoreError({ reason: "Damaged", detail: "longer than allowed" })
      )
    ),
  write: (path, content) =>
    attempt(() => {
      Fs.writeFileSync(`${path}.tmp`, content, { mode: 0o600 })
      Fs.renameSync(`${path}.tmp`, path)
    }),
  create: () => Effect.die("not used here"),
  remove: (path) => attempt(() => Fs.rmSync(path, { force: true })),
  list: () => Effect.die("not used here"),
  ensureDirectory: (path) => attempt(() => Fs.mkdirSync(path, { recursive: true, mode: 0o700 })).pipe(Effect.asVoid)
})

export const services = Layer.merge(files, NodeCrypto.layerSecureRandom)

/** A fresh private directory that goes with the test. */
export const directory = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "bailiwick-delivery-"))),
  (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true, force: true }))
)

export const credentials = (token: string, expires: number): Credentials => ({
  provider: "oidc",
  secret: Redacted.make({ token }),
  expires: UnixTime.UnixTime.make(expires)
})
