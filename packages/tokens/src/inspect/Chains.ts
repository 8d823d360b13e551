/** Inspects chains, in every form in which they travel, and the root that begins one. */
import * as StrictJson from "@bailiwick/core/StrictJson"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Chain from "../Chain.ts"
import type { Ed25519 } from "../Ed25519.ts"
import * as Jws from "../Jws.ts"
import * as TokenError from "../TokenError.ts"
import * as TokenText from "../TokenText.ts"
import { answer, type Finding, type Inspection, ofProject, type Request } from "./Inspection.ts"

type Answer = Effect.Effect<Inspection, never, Ed25519>

/** `{ v, tokens }`. */
export const chain = (request: Request): Answer =>
  answer(
    "chain",
    null,
    Effect.gen(function* () {
      const decoded = yield* Effect.fromResult(Chain.decode(request.input))
      const { tokens, missing } = yield* examine(decoded, request)
      return { value: { tokens }, ...missing }
    })
  )

/** `bw_d_…` and `bw_db_…`; of a bearer's seed only that it is there. */
export const text = (request: Request): Answer =>
  answer(
    "chain",
    null,
    Effect.gen(function* () {
      const token = yield* TokenText.decode(Redacted.make(request.input))
      const { tokens, missing } = yield* examine(token.chain, request)
      return { value: { bearer: Option.isSome(token.holder), tokens }, ...missing }
    })
  )

/** A root alone, as General JSON. */
export const root = (request: Request): Answer =>
  answer(
    "root",
    null,
    Effect.gen(function* () {
      const general = yield* Effect.fromResult(
        Result.mapError(StrictJson.decode(Jws.General, request.input, { maxBytes: Chain.maxBytes }), (error) =>
          TokenError.malformed("root token", error.message)
        )
      )
      const { tokens, missing } = yield* examine({ v: 1, tokens: [general] }, request)
      return { value: tokens[0], ...missing }
    })
  )

interface Examined {
  readonly tokens: ReadonlyArray<unknown>
  readonly missing: Pick<Finding, "missing">
}

/** Everything but signatures is checked without keys, and signatures where both keys are given. */
export const examine = Effect.fnUntraced(function* (
  chain: Chain.Chain,
  request: Request
): Effect.fn.Return<Examined, TokenError.TokenError, Ed25519> {
  const links = yield* Chain.read(chain)
  yield* ofProject(links[0].token.project, request)
  const tokens = links.map((link) => link.token)
  const { delegator, binding } = request.keys
  if (delegator === undefined || binding === undefined) {
    yield* Chain.checkStructure(links, request.at)
    return { tokens, missing: { missing: "a chain is verified under two keys: delegator and binding" } }
  }
  yield* Chain.verifyStructure({ chain, keys: { delegator, binding }, at: request.at })
  return { tokens, missing: {} }
})
