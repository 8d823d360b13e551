/**
 * Calls to clouds go through the proxy that `HTTPS_PROXY` names, as whoever sits behind one expects of every tool.
 *
 * Safe although anybody who starts us chooses it: only TLS goes there, in a tunnel (RFC 9110 §9.3.6), so that a proxy
 * learns a name and a port. What goes to plain http, which only loopback may be, never does.
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

const first = Effect.fnUntraced(function* (...names: ReadonlyArray<string>) {
  for (const name of names) {
    const value = Option.getOrElse(yield* Effect.orDie(Config.option(Config.String(name))), () => "")
    if (value !== "") return value
  }
  return undefined
})

/** For all that this process asks from now on; nothing where no proxy is named. False for one that is no URL of http. */
export const use = Effect.gen(function* () {
  const proxy = yield* first("https_proxy", "HTTPS_PROXY")
  if (proxy === undefined) return true
  if (!/^https?:$/u.test(URL.parse(proxy)?.protocol ?? "")) return false
  const spared = yield* first("no_proxy", "NO_PROXY")
  // Only here: most commands ask nobody.
  const Http = yield* Effect.promise(() => import("node:http"))
  Http.setGlobalProxyFromEnv({ HTTPS_PROXY: proxy, ...(spared === undefined ? {} : { NO_PROXY: spared }) })
  return true
})
