/** Trouble on the way to a service, by the codes that Node.js, OpenSSL and `fetch` give it. */
import type { Refusal } from "../Refusal.ts"

export type NetworkTrouble = "proxy" | "name" | "connection" | "time" | "certificate" | "protocol"

const kinds: ReadonlyArray<readonly [NetworkTrouble, RegExp]> = [
  ["proxy", /^ERR_PROXY_\w+$/u],
  ["name", /^(?:ENOTFOUND|EAI_\w+)$/u],
  ["time", /^(?:TimeoutError|AbortError|ETIMEDOUT|ESOCKETTIMEDOUT|UND_ERR_\w*TIMEOUT)$/u],
  [
    "connection",
    /^(?:ECONN(?:REFUSED|RESET|ABORTED)|E(?:HOST|NET)(?:UNREACH|DOWN)|EADDRNOTAVAIL|EPIPE|UND_ERR_\w+|TypeError|NetworkingError)$/u
  ],
  ["certificate", /(?:^|_)CERT(?:_|$)|^UNABLE_TO_(?:GET|VERIFY)_|^CERT_|^HOSTNAME_MISMATCH$/u],
  ["protocol", /^(?:EPROTO|ERR_SSL_\w+|ERR_TLS_\w+|HPE_\w+|HTTPParserError)$/u]
]

/** Undefined for every other code. */
export const of = (code: string): NetworkTrouble | undefined => kinds.find(([, form]) => form.test(code))?.[0]

/** Whether the same request may do better a moment later: a certificate and a protocol stay what they are. */
export const passes = (code: string): boolean => {
  const trouble = of(code)
  return trouble === "name" || trouble === "connection" || trouble === "time"
}

/** Whether the request cannot have arrived: no address, nobody there, or no secure channel to send it by. */
export const neverArrived = (code: string): boolean =>
  code === "ECONNREFUSED" || ["proxy", "name", "certificate", "protocol"].includes(of(code) ?? "")

/** The same for whoever was to be asked. */
export const refusal = (trouble: NetworkTrouble, host: string, code: string): Refusal => ({
  reason: "Unreachable",
  detail: `${host} ${what[trouble]} (${code})`,
  hint: `${fix[trouble]}, then try again`
})

const what: Readonly<Record<NetworkTrouble, string>> = {
  proxy: "cannot be reached through the proxy of HTTPS_PROXY, which refuses or does not answer",
  name: "has no address that this machine can find",
  connection: "cannot be reached, or breaks off",
  time: "does not answer in time",
  certificate: "shows a certificate that this machine does not trust",
  protocol: "does not speak the protocol that was expected"
}

const place = "the target's region and endpoint (an owner corrects them with project apply)"

const fix: Readonly<Record<NetworkTrouble, string>> = {
  proxy: "check HTTPS_PROXY, and NO_PROXY for hosts that are reached without it",
  name: `check the network and its DNS, and ${place}`,
  connection: `check the network, its firewall and proxy, and ${place}`,
  time: `check the network, its firewall and proxy, and ${place}`,
  certificate:
    "if a proxy of your own opens TLS, name its CA in NODE_EXTRA_CA_CERTS; if not, somebody may stand between: change the network",
  protocol: `check http or https and the port in the target's endpoint, and whether a proxy answers in its place`
}
