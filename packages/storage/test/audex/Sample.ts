/** A session, and a store in a directory of its own. */
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import { Members } from "@bailiwick/storage/audex/AudexJson"
import type { AudexSession } from "@bailiwick/storage/audex/AudexSession"
import * as AudexStore from "@bailiwick/storage/audex/AudexStore"
import * as SessionCalls from "@bailiwick/storage/audex/SessionCalls"
import * as NodeSecretFiles from "@bailiwick/storage/NodeSecretFiles"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

export const session: AudexSession = {
  id: "5f0c1d9e-7f4e-4a64-9a52-0f1f3f1d7c11",
  created_at: { seconds: 1_760_000_000, nanos: 0 },
  expires_at: { seconds: 1_760_000_900, nanos: 0 },
  ttl_seconds: 900n,
  policy: { actions: [{ service: "s3", action: "GetObject" }], resources: ["*"] },
  status: "active",
  role_arn: "arn:aws:iam::123456789012:role/agent",
  command: ["aws", "s3", "ls"],
  provider: "aws",
  tags: new Map(),
  unknown: new Members([])
}

/** Another one, of a later second for each number. */
export const numbered = (number: number, more: Partial<AudexSession> = {}): AudexSession => ({
  ...session,
  id: `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`,
  created_at: { seconds: session.created_at.seconds + number, nanos: 0 },
  ...more
})

/** Temporary files of the same names each time, so that equal states of a disk are seen to be equal. */
export const sameRandom = Layer.succeed(
  SecureRandom.SecureRandom,
  SecureRandom.make((size) => new Uint8Array(size))
)

/** As another process would have it: nothing is shared but the directory. */
export const store = (
  directory: string,
  calls = SessionCalls.node,
  {
    lock,
    random = NodeCrypto.layerSecureRandom
  }: {
    readonly lock?: AudexStore.Options["lock"]
    readonly random?: Layer.Layer<SecureRandom.SecureRandom>
  } = {}
) =>
  AudexStore.AudexStore.pipe(
    Effect.provide(
      AudexStore.layerWith({ directory, calls, ...(lock !== undefined && { lock }) }).pipe(
        Layer.provide(NodeSecretFiles.layerWith(calls)),
        Layer.provide(random)
      )
    )
  )
