/**
 * The random keys of a store, in SQL: each wrapped under the master key with AES-256-GCM, its project, purpose and `kid`
 * as associated data (formats §7), so that no row can stand in for another.
 */
import * as Base64Url from "@bailiwick/core/Base64Url"
import * as CompactJson from "@bailiwick/core/CompactJson"
import * as Kid from "@bailiwick/core/Kid"
import type * as ProjectId from "@bailiwick/core/ProjectId"
import * as KeyRing from "@bailiwick/core/ports/KeyRing"
import { StoreError } from "@bailiwick/core/StoreError"
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Ed25519 from "@bailiwick/tokens/Ed25519"
import * as PrivateSeed from "@bailiwick/tokens/PrivateSeed"
import * as Aead from "effect/crypto/Aead"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import type { Row as SqlRow } from "effect/sql/SqlConnection"
import * as Row from "./internal/Row.ts"
import * as SqlFailure from "./internal/SqlFailure.ts"
import { MasterKey } from "./MasterKey.ts"

export const layer = (project: ProjectId.ProjectId) =>
  Layer.effect(
    KeyRing.KeyRing,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const aead = yield* Aead.Aead
      const random = yield* SecureRandom.SecureRandom
      const ed25519 = yield* Ed25519.Ed25519
      const { wrapping } = yield* MasterKey

      const associated = (purpose: KeyRing.KeyPurpose, kid: Kid.Kid) =>
        CompactJson.encodeBytes({ v: 1, project, purpose, kid })

      // A row that was opened once is not opened again, as long as it stands there unchanged to the last column.
      const opened = new Map<string, KeyRing.RingKey>()

      const fromRow = (row: SqlRow) =>
        Effect.suspend(() => {
          const text = JSON.stringify(row)
          const known = opened.get(text)
          return known === undefined
            ? Effect.tap(Effect.flatMap(decode(row), toRingKey), (key) => Effect.sync(() => opened.set(text, key)))
            : Effect.succeed(known)
        })

      const open = Effect.fnUntraced(function* (row: typeof WrappedKey.Type) {
        const bytes = yield* aead
          .decrypt(wrapping, bytesOf(row.ciphertext), {
            nonce: bytesOf(row.nonce),
            aad: associated(row.purpose, row.kid)
          })
          .pipe(Effect.mapError(() => SqlFailure.damaged(`the key ${row.kid} does not open under this master key`)))
        return PrivateSeed.fromBytes(bytes)
      })

      const toRingKey = Effect.fnUntraced(function* (row: typeof WrappedKey.Type) {
        const seed = yield* open(row)
        const { jwk, kid } = yield* ed25519.publicKey(seed)
        // The seed alone says which key it is; a row that tells another story is not used.
        if (kid !== row.kid || jwk.x !== row.x) return yield* Row.damagedRow("keys", row.kid)
        const key: KeyRing.RingKey = {
          kid,
          purpose: row.purpose,
          jwk,
          seed,
          created: row.created,
          active_from: row.active_from,
          ...(row.retired_at === undefined ? {} : { retired_at: row.retired_at }),
          ...(row.gone === undefined ? {} : { gone: row.gone })
        }
        return key
      })

      return KeyRing.KeyRing.of({
        keys: Effect.fn("KeyRing.keys")((purpose: KeyRing.KeyPurpose) =>
          sql`SELECT kid, purpose, x, nonce, ciphertext, created, active_from, retired_at, gone
            FROM keys WHERE purpose = ${purpose} ORDER BY position`.pipe(
            Effect.mapError(SqlFailure.toStoreError("reading the key ring")),
            Effect.flatMap(Effect.forEach(fromRow))
          )
        ),
        create: Effect.fn("KeyRing.create")(function* (purpose: KeyRing.KeyPurpose, activeFrom: UnixTime.UnixTime) {
          const seed = yield* ed25519.generate
          const { jwk, kid } = yield* ed25519.publicKey(seed)
          // Random nonces are safe here: a key ring wraps a handful of keys, far below 2^32 (NIST SP 800-38D §8.3).
          const nonce = yield* random.randomBytes(Aead.aes256Gcm.nonceLength)
          const ciphertext = yield* Effect.orDie(
            aead.encrypt(wrapping, Redacted.value(seed), { nonce, aad: associated(purpose, kid) })
          )
          const key: KeyRing.RingKey = {
            kid,
            purpose,
            jwk,
            seed,
            created: yield* UnixTime.now,
            active_from: activeFrom
          }
          yield* Effect.mapError(
            sql`INSERT INTO keys (kid, purpose, position, x, nonce, ciphertext, created, active_from)
              SELECT ${kid}, ${purpose}, COALESCE(MAX(position), -1) + 1, ${jwk.x}, ${Base64Url.encode(nonce)},
                ${Base64Url.encode(ciphertext)}, ${key.created}, ${activeFrom}
              FROM keys WHERE purpose = ${purpose}`,
            SqlFailure.toStoreError("making a key")
          )
          return key
        }),
        retire: Effect.fn("KeyRing.retire")(function* (
          kid: Kid.Kid,
          at: { readonly retired_at: UnixTime.UnixTime; readonly gone: UnixTime.UnixTime }
        ) {
          const retired = yield* Effect.mapError(
            sql`UPDATE keys SET retired_at = ${at.retired_at}, gone = ${at.gone} WHERE kid = ${kid} RETURNING kid`,
            SqlFailure.toStoreError("retiring a key")
          )
          if (retired.length === 0) {
            return yield* new StoreError({
              reason: "Conflict",
              detail: "retiring a key: the key ring holds none of this id"
            })
          }
        })
      })
    })
  )

const WrappedKey = Schema.Struct({
  kid: Kid.Kid,
  purpose: KeyRing.KeyPurpose,
  x: Base64Url.ofLength(32),
  nonce: Base64Url.ofLength(Aead.aes256Gcm.nonceLength),
  // The seed and GCM's tag of 16 bytes.
  ciphertext: Base64Url.ofLength(PrivateSeed.length + 16),
  created: UnixTime.UnixTime,
  active_from: UnixTime.UnixTime,
  retired_at: Schema.optionalKey(UnixTime.UnixTime),
  gone: Schema.optionalKey(UnixTime.UnixTime)
})

// The schema has let nothing else through.
const bytesOf = (text: Base64Url.Text) => Option.getOrThrow(Base64Url.decode(text))

const decode = Row.decoder(WrappedKey, "keys", "kid")
