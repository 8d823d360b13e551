/** Inspects what is signed as compact text: records, logins, and hops that have lost their chain. */
import * as UnixTime from "@bailiwick/core/UnixTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Link from "../chain/Link.ts"
import type { Ed25519 } from "../Ed25519.ts"
import * as Jws from "../Jws.ts"
import * as Login from "../Login.ts"
import * as Payload from "../Payload.ts"
import * as Record from "../Record.ts"
import * as TokenError from "../TokenError.ts"
import { answer, type Inspection, ofProject, type Request } from "./Inspection.ts"

type Answer = Effect.Effect<Inspection, never, Ed25519>

/** Dispatches on the header's `typ`; `None` if there is no such header, or another program's. */
export const inspect = Effect.fnUntraced(function* (request: Request) {
  const header = yield* Effect.option(Jws.peekHeader(request.input))
  if (Option.isNone(header)) return Option.none<Inspection>()
  switch (header.value.typ) {
    case "bailiwick-project+jws":
      return Option.some(yield* record("project", request))
    case "bailiwick-member+jws":
      return Option.some(yield* record("member", request))
    case "bailiwick-delegation+jws":
      return Option.some(yield* record("delegation", request))
    case "bailiwick-login+jws":
      return Option.some(yield* login(request))
    case "bailiwick-session+jws":
      return Option.some(yield* hop("session", request))
    case "bailiwick-grant+jws":
      return Option.some(yield* hop("grant", request))
    default:
      return Option.none<Inspection>()
  }
})

const needsIdentity = { missing: "it is verified under the key of whoever signed it: identity" }

/** Signature and form; whether its signer was entitled, only the whole chain of records can tell. */
const record = (kind: Record.Kind, request: Request): Answer =>
  answer(
    kind,
    null,
    Effect.gen(function* () {
      const { input, at, keys } = request
      const { payload } = yield* Effect.fromResult(Record.decode(kind, input))
      yield* ofProject(payload.project, request)
      if (payload.iat > at + UnixTime.leeway) {
        return yield* TokenError.refuse(new TokenError.NotYet({ what: `${kind} record`, iat: payload.iat }))
      }
      if (keys.identity === undefined) return { value: payload, ...needsIdentity }
      yield* Record.verify(kind, input, keys.identity)
      return { value: payload }
    })
  )

const login = (request: Request): Answer =>
  answer(
    "login",
    null,
    Effect.gen(function* () {
      const { input, at, keys } = request
      const value = yield* Effect.fromResult(Login.decode(input))
      yield* ofProject(value.project, request)
      if (at >= value.exp) return yield* TokenError.refuse(new TokenError.Expired({ what: "login", exp: value.exp }))
      if (keys.identity === undefined) return { value, ...needsIdentity }
      yield* Login.verifySignature({ text: input, identity: keys.identity })
      return { value }
    })
  )

/** The key that signed a hop stands in the token before it, so without its chain a hop is only shown. */
const hop = (kind: "session" | "grant", request: Request): Answer =>
  answer(
    kind,
    null,
    Effect.gen(function* () {
      const bytes = yield* Effect.fromResult(Payload.unverified(request.input, Link.what(kind)))
      const { token } = yield* Link.readHop(kind, bytes, request.input)
      yield* ofProject(token.project, request)
      return { value: token, missing: "a hop is verified in its chain alone" }
    })
  )
