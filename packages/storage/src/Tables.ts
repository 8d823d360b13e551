/**
 * The tables of a store: every port's but the audit log's, which brings its own room.
 *
 * Bytes are kept as base64url text and times as whole seconds, so that both dialects hold the same values.
 */
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"
import * as Dialect from "./Dialect.ts"
import type { Room } from "./Migrations.ts"

const first = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const integer = Dialect.integer(sql)
  const strict = Dialect.strict(sql)
  // One row. `mac` covers generation and revocations: internal/Seal.ts.
  yield* sql`CREATE TABLE store (
    one ${integer} PRIMARY KEY CHECK (one = 1),
    project TEXT NOT NULL,
    instance TEXT NOT NULL,
    clock ${integer} NOT NULL,
    generation ${integer} NOT NULL,
    revocations TEXT NOT NULL,
    mac TEXT NOT NULL
  )${strict}`
  yield* sql`CREATE TABLE records (
    place ${integer} PRIMARY KEY,
    kind TEXT NOT NULL,
    chain TEXT NOT NULL,
    seq ${integer} NOT NULL,
    hash TEXT NOT NULL UNIQUE,
    jws TEXT NOT NULL,
    time ${integer} NOT NULL,
    UNIQUE (kind, chain, seq)
  )${strict}`
  yield* sql`CREATE TABLE key_owners (
    kid TEXT PRIMARY KEY,
    owner TEXT NOT NULL
  )${strict}`
  yield* sql`CREATE TABLE redemptions (
    jti TEXT PRIMARY KEY,
    hop TEXT NOT NULL,
    session TEXT NOT NULL,
    time ${integer} NOT NULL,
    place ${integer} NOT NULL
  )${strict}`
  yield* sql`CREATE TABLE nonces (
    scope TEXT NOT NULL,
    nonce TEXT NOT NULL,
    expires ${integer} NOT NULL,
    PRIMARY KEY (scope, nonce)
  )${strict}`
  yield* sql`CREATE INDEX nonces_expires ON nonces (expires)`
  // "by" is a word of SQL.
  yield* sql`CREATE TABLE revocations (
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    time ${integer} NOT NULL,
    "by" TEXT NOT NULL,
    reason TEXT NOT NULL,
    until ${integer},
    PRIMARY KEY (kind, subject)
  )${strict}`
  yield* sql`CREATE TABLE keys (
    kid TEXT PRIMARY KEY,
    purpose TEXT NOT NULL,
    position ${integer} NOT NULL,
    x TEXT NOT NULL,
    nonce TEXT NOT NULL,
    ciphertext TEXT NOT NULL,
    created ${integer} NOT NULL,
    active_from ${integer} NOT NULL,
    retired_at ${integer},
    gone ${integer},
    UNIQUE (purpose, position)
  )${strict}`
  yield* sql`CREATE TABLE auth_sessions (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    human TEXT NOT NULL,
    agent TEXT,
    proof TEXT NOT NULL,
    lineage TEXT NOT NULL,
    created ${integer} NOT NULL,
    expires ${integer} NOT NULL,
    used ${integer} NOT NULL,
    status TEXT NOT NULL
  )${strict}`
  // `body` is the whole session as JSON; the other columns repeat what is searched by.
  yield* sql`CREATE TABLE credential_sessions (
    id TEXT PRIMARY KEY,
    status TEXT NOT NULL,
    created_at ${integer} NOT NULL,
    expires_at ${integer} NOT NULL,
    human TEXT NOT NULL,
    agent TEXT,
    auth_session_id TEXT NOT NULL,
    reuse TEXT NOT NULL,
    body TEXT NOT NULL
  )${strict}`
  yield* sql`CREATE INDEX credential_sessions_reuse ON credential_sessions (reuse, expires_at) WHERE status = 'active'`
  yield* sql`CREATE INDEX credential_sessions_created ON credential_sessions (created_at, id)`
  yield* sql`CREATE INDEX credential_sessions_human ON credential_sessions (human, created_at, id)`
  yield* sql`CREATE INDEX credential_sessions_agent ON credential_sessions (agent, created_at, id)`
  yield* sql`CREATE INDEX credential_sessions_auth ON credential_sessions (auth_session_id, created_at, id)`
  yield* sql`CREATE INDEX credential_sessions_status ON credential_sessions (status, created_at, id)`
})

const imported = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE imported (
    source TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    status TEXT,
    time ${Dialect.integer(sql)} NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (source, kind, name)
  )${Dialect.strict(sql)}`
})

export const room: Room = {
  room: "storage",
  steps: [
    { id: 1, name: "tables", up: first },
    { id: 2, name: "imported", up: imported }
  ]
}
