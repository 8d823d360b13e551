/** What the tests take from the index of Joy's vectors; members that no test needs are left out. */
import * as Schema from "effect/Schema"

const Text = Schema.String
const Verdict = Schema.Literals(["ok", "error"])
const optional = Schema.optionalKey
const TextMap = Schema.Record(Text, Text)

const Key = Schema.Struct({ seed: Text, public: Text })

const Session = Schema.Struct({
  id: Text,
  file: Text,
  written_by: Text,
  how: Schema.Literals(["create+save", "literal+save", "edited"]),
  inputs: Schema.Struct({
    clock: Text,
    signing_key: optional(Text),
    signing_seed: optional(Text),
    ttl_seconds: optional(Schema.NullOr(Schema.Number)),
    token_expires: optional(Schema.NullOr(Text)),
    delegation_key: optional(Text)
  }),
  claims: optional(TextMap),
  checks: Schema.Array(
    Schema.Struct({
      by: Text,
      now: Text,
      public_key: Text,
      project_id: Text,
      load: Schema.Literals(["ok", "none", "error"]),
      verdict: optional(Verdict),
      error: optional(Text),
      signed_text: optional(Text)
    })
  )
})
export type Session = typeof Session.Type

const Token = Schema.Struct({
  id: Text,
  token: Text,
  written_by: Text,
  how: Schema.Literals(["create+encode", "literal+encode", "edited"]),
  inputs: Schema.Struct({ delegator_key: Text, delegation_key: Text }),
  checks: Schema.Array(
    Schema.Struct({
      by: Text,
      now: Text,
      delegator_key: Text,
      delegation_key: Text,
      project_id: Text,
      is_token: Schema.Boolean,
      decode: Verdict,
      verdict: optional(Verdict),
      error: optional(Text),
      signed_text: optional(Text),
      crypt_scope: optional(Schema.Boolean),
      delegation_public_key: optional(Text),
      delegation_seed: optional(Text)
    })
  )
})
export type Token = typeof Token.Type

const Env = Schema.Struct({
  id: Text,
  value: Text,
  checks: Schema.Array(
    Schema.Struct({
      by: Text,
      verdict: Schema.Literals(["ok", "none"]),
      session_id: optional(Text),
      session_seed: optional(Text),
      delegation_seed: optional(Text)
    })
  )
})

const Redemption = Schema.Struct({
  id: Text,
  now: Text,
  token: Text,
  project: Schema.Struct({
    project_id: Text,
    ai_member: Schema.NullOr(Text),
    person: Schema.NullOr(Text),
    verify_key: Schema.NullOr(Text),
    delegation_verifier: Schema.NullOr(Text)
  }),
  verdict: Verdict,
  error: optional(Text),
  file: optional(Text),
  session_env: optional(Text)
})

const Resolution = Schema.Struct({
  id: Text,
  by: Text,
  now: Text,
  project: Schema.Struct({
    project_id: Text,
    members: Schema.Record(Text, Schema.Struct({ verify_key: optional(Text), delegations: optional(TextMap) }))
  }),
  git_email: Text,
  files: Schema.Array(Text),
  joy_session: Schema.NullOr(Text),
  wt_session: Schema.NullOr(Text),
  member: Text,
  authenticated: Schema.Boolean,
  delegated_by: optional(Text)
})

const Flow = Schema.Struct({
  id: Text,
  member: Text,
  project_id: Text,
  passphrase: Text,
  new_passphrase: Text,
  tokens: Schema.Array(Text),
  session_values: Schema.Array(Text),
  steps: Schema.Array(Schema.Struct({ step: Schema.Int, now: Text, files: Schema.Array(Text), stdout: Text }))
})

export const Index = Schema.Struct({
  keys: Schema.Record(Text, Key),
  sessions: Schema.Array(Session),
  session_ids: Schema.Array(
    Schema.Struct({ by: Text, project_id: Text, member: Text, session_public_key: optional(Text), id: Text })
  ),
  env: Schema.Array(Env),
  tokens: Schema.Array(Token),
  redemptions: Schema.Array(Redemption),
  kdf: Schema.Array(
    Schema.Struct({
      cost: Schema.Literals(["production", "fast"]),
      passphrase: Text,
      passphrase_utf8: Text,
      salt: Text,
      derived: Text,
      public: Text
    })
  ),
  passphrases: Schema.Array(Schema.Struct({ by: Text, passphrase: Text, verdict: Verdict })),
  seed_wraps: Schema.Array(
    Schema.Struct({
      id: Text,
      cost: Schema.Literals(["production", "fast"]),
      kind: Schema.Literals(["passphrase", "recovery", "migration"]),
      salt: Text,
      secret: Text,
      wrap: Text,
      seed: optional(Text),
      verdict: Verdict
    })
  ),
  recovery_keys: Schema.Array(
    Schema.Struct({ input: Text, verdict: Verdict, bytes: optional(Text), display: optional(Text) })
  ),
  delegation_keys: Schema.Array(
    Schema.Struct({
      by: Text,
      identity_seed: Text,
      salt: Text,
      project_id: Text,
      ai_member: Text,
      seed: Text,
      public: Text
    })
  ),
  public_keys: Schema.Array(Schema.Struct({ by: Text, input: Text, verdict: Verdict, hex: optional(Text) })),
  resolutions: Schema.Array(Resolution),
  flows: Schema.Array(Flow)
})
export type Index = typeof Index.Type
