/**
 * The one digest that decides reuse: equal digests are one and the same request by the same leaf.
 *
 * Whatever could make one credential wrong for another request is a part of it, so a hit is never too wide.
 */
import type { Dimension } from "@bailiwick/core/Authority"
import * as Base64Url from "@bailiwick/core/Base64Url"
import * as CompactJson from "@bailiwick/core/CompactJson"
import type { Plan } from "@bailiwick/core/CredentialProvider"
import { Sha256 } from "@bailiwick/core/Sha256"
import * as Digest from "effect/crypto/Digest"
import * as Effect from "effect/Effect"

/** Its parts, in the order in which they are hashed; entries of maps and sets by name, for their order means nothing. */
const parts = (options: {
  readonly plan: Plan
  /** Hash of the leaf hop's signing input. */
  readonly leaf: Sha256
  readonly accept_unenforced: ReadonlyArray<Dimension>
}): ReadonlyArray<CompactJson.Value> => {
  const { request, document } = options.plan
  const { provider, principal, region, endpoint, settings } = request.target
  return [
    provider,
    [request.alias, principal, endpoint ?? null, entries(settings ?? {})],
    document,
    region ?? null,
    entries(request.tags),
    request.human,
    request.agent ?? null,
    options.leaf,
    options.accept_unenforced.toSorted()
  ]
}

export const digest: (options: Parameters<typeof parts>[0]) => Effect.Effect<Sha256, never, Digest.Digest> =
  Effect.fnUntraced(function* (options) {
    const digests = yield* Digest.Digest
    const hash = yield* digests.digest(Digest.sha256, CompactJson.encodeBytes(parts(options)))
    return Sha256.make(Base64Url.encode(hash))
  })

const entries = (map: Readonly<Record<string, string>>): ReadonlyArray<readonly [string, string]> =>
  Object.entries(map).toSorted(([left], [right]) => (left < right ? -1 : 1))
