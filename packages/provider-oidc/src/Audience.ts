/**
 * For whom a token may be: the audiences that the project's owners configured, and never a cloud's token exchange.
 *
 * A cloud exchange turns a JWT into the cloud's own credentials. A token that an agent holds must not be one that such an
 * exchange takes: then a mistake in a cloud's trust settings would hand the agent a whole role.
 */
import type * as Target from "@bailiwick/core/Target"

/** The setting of a target that names further audiences, separated by blanks. The principal is one by itself. */
export const setting = "audiences"

/** The audiences of a target, exactly as they stand in the signed project record. */
export const configured = (target: Target.Definition): ReadonlyArray<string> => {
  const named = target.settings?.[setting]?.split(" ").filter((text) => text !== "") ?? []
  return [...new Set(isText(target.principal) ? [target.principal, ...named] : named)]
}

// Visible ASCII: verifiers compare audiences as text (RFC 7519 §4.1.3), and what looks alike must not differ.
const visible = /^[\x21-\x7e]+$/u

/** Whether the text can be an audience at all. */
export const isText = (text: string): boolean => visible.test(text)

/** The exchange that takes tokens for this audience, in words; undefined for every other audience. */
export const exchange = (audience: string): string | undefined => {
  const text = audience.toLowerCase()
  const host = hostOf(text)
  return rules.find(({ matches }) => matches(text, host))?.name
}

interface Rule {
  readonly name: string
  readonly matches: (audience: string, host: string) => boolean
}

const isUnder = (host: string, domains: ReadonlyArray<string>): boolean =>
  domains.some((domain) => host === domain || host.endsWith(`.${domain}`))

// Wider than what each exchange takes today: no API of a customer is reached under these names.
const sts =
  /^(?:sts|sts-fips|signin|iam|cognito-identity|cognito-identity-fips)(?:\.[a-z0-9-]+)*\.(?:amazonaws\.(?:com|com\.cn|eu)|api\.aws|aws\.amazon\.com)$/u

const entra = [
  "microsoftonline.com",
  "microsoftonline.us",
  "microsoftonline.cn",
  "microsoftonline.de",
  "sts.windows.net",
  "core.windows.net",
  "graph.windows.net",
  "database.windows.net",
  "graph.microsoft.com",
  "graph.microsoft.us",
  "microsoftgraph.chinacloudapi.cn",
  "management.azure.com",
  "management.usgovcloudapi.net",
  "management.core.usgovcloudapi.net",
  "management.chinacloudapi.cn",
  "management.core.chinacloudapi.cn",
  "storage.azure.com",
  "vault.azure.net"
]

const rules: ReadonlyArray<Rule> = [
  {
    name: "AWS STS",
    matches: (text, host) => sts.test(host) || text.startsWith("urn:amazon:webservices")
  },
  {
    name: "a Google Cloud workload identity pool",
    matches: (text, host) =>
      isUnder(host, ["googleapis.com", "accounts.google.com"]) ||
      /\/(?:workloadidentitypools|workforcepools)\//u.test(text)
  },
  {
    name: "Microsoft Entra ID",
    matches: (text, host) => isUnder(host, entra) || text.includes("azureadtokenexchange")
  }
]

/** What stands where a host would: without scheme, slashes, user, port and a closing dot. */
const hostOf = (text: string): string =>
  text
    .replace(/^(?:[a-z][a-z0-9+.-]*:)?\/\//u, "")
    .replace(/[/?#].*$/u, "")
    .replace(/^.*@/u, "")
    .replace(/:\d*$/u, "")
    .replace(/\.+$/u, "")
