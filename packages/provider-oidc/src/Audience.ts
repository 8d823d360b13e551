/**
 * For whom a token may be: the audiences that the project's owners configured, and never a cloud's token exchange.
 *
 * A cloud exchange turns a JWT into the cloud's own credentials. A token that an agent holds must not be one that such an
 * exchange takes: then a mistake in a cloud's trust settings would hand the agent a whole role. An account that is told to
 * take another audience is out of sight here; that agents' tokens are signed with Ed25519, which no cloud's exchange
 * takes, stands behind this list.
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

/** Whoever takes tokens for this audience and gives more than they say, in words; undefined for every other audience. */
export const exchange = (audience: string): string | undefined => {
  const text = plain(audience)
  const parts = text.split(separators).map((part) => part.split(".").filter(Boolean).join("."))
  return rules.find(({ matches }) => matches(text, parts))?.name
}

interface Rule {
  readonly name: string
  readonly matches: (audience: string, parts: ReadonlyArray<string>) => boolean
}

// Looked for wherever a host could stand: an exchange that reads audiences loosely must find nothing either.
const separators = /[^a-z0-9._-]+/u

/**
 * Without case, and with what is written in percent, and that again, as it would be read; then as browsers read a host
 * (UTS #46): other letters and dots of the same meaning, and none that cannot be seen.
 */
const plain = (audience: string): string => {
  let text = audience
  for (let time = 0; time < deepest; time++) {
    text = text.replaceAll(/(?:%[0-9a-f]{2})+/giu, (run) => Buffer.from(run.replaceAll("%", ""), "hex").toString())
  }
  return text
    .normalize("NFKC")
    .replaceAll(/[\p{Default_Ignorable_Code_Point}\p{Cc}\ufffd]/gu, "")
    .replaceAll("\u3002", ".")
    .toLowerCase()
}

/** Nobody reads a text more often than this before comparing it. */
const deepest = 4

const isUnder = (parts: ReadonlyArray<string>, domains: ReadonlyArray<string>): boolean =>
  parts.some((part) => domains.some((domain) => part === domain || part.endsWith(`.${domain}`)))

/** Whether a host of a cloud is one of its services, by any of its labels: also at an endpoint of a customer's own. */
const isService = (part: string, domains: ReadonlyArray<string>, services: ReadonlySet<string>): boolean => {
  const domain = domains.find((one) => part.endsWith(`.${one}`))
  return (
    domain !== undefined &&
    part
      .slice(0, -domain.length)
      .split(".")
      .some((label) => services.has(label))
  )
}

// Wider than what each exchange takes today: no API of a customer is reached under these names.
const awsDomains = [
  "amazonaws.com",
  "amazonaws.com.cn",
  "amazonaws.cn",
  "amazonaws.eu",
  "amazonaws-us-gov.com",
  "api.aws",
  "aws.amazon.com",
  "aws",
  "c2s.ic.gov",
  "sc2s.sgov.gov",
  "csp.hci.ic.gov",
  "cloud.adc-e.uk"
]

const awsServices = new Set(
  ["sts", "signin", "iam", "sso", "oidc", "eks", "cognito-identity", "identitystore", "rolesanywhere"].flatMap(
    (name) => [name, `${name}-fips`]
  )
)

const alibabaServices = new Set(["sts", "sts-vpc", "ram", "signin"])

const entra = [
  "microsoftonline.com",
  "microsoftonline.us",
  "microsoftonline.cn",
  "microsoftonline.de",
  "chinacloudapi.cn",
  "login.windows.net",
  "sts.windows.net",
  "core.windows.net",
  "graph.windows.net",
  "database.windows.net",
  "graph.microsoft.com",
  "graph.microsoft.us",
  "management.azure.com",
  "usgovcloudapi.net",
  "storage.azure.com",
  "storage.azure.cn",
  "vault.azure.net",
  "vault.azure.cn",
  // The id under which Entra knows its own token exchange.
  "fb60f99c-7a34-4190-8149-302f77469936"
]

const rules: ReadonlyArray<Rule> = [
  {
    name: "AWS STS",
    matches: (text, parts) =>
      parts.some((part) => isService(part, awsDomains, awsServices)) || text.includes("urn:amazon:webservices")
  },
  {
    name: "a Google Cloud workload identity pool",
    matches: (text, parts) =>
      isUnder(parts, ["googleapis.com", "accounts.google.com"]) || /(?:workloadidentity|workforce)pools/u.test(text)
  },
  {
    name: "Microsoft Entra ID",
    matches: (text, parts) => isUnder(parts, entra) || text.includes("azureadtokenexchange")
  },
  {
    name: "Alibaba Cloud STS",
    matches: (_, parts) => parts.some((part) => isService(part, ["aliyuncs.com"], alibabaServices))
  },
  // They read no scopes: whoever they know by the token has all of its rights.
  {
    name: "a Kubernetes API server",
    matches: (_, parts) =>
      parts.some((part) => /^kubernetes(?:\.default(?:\.svc(?:\.[a-z0-9.-]+)?)?)?$/u.test(part)) ||
      isUnder(parts, ["eks.amazonaws.com", "azmk8s.io"])
  },
  {
    name: "a secrets server, or a pipeline's workload identity",
    matches: (text, parts) =>
      ["vault", "vault.io", "openbao"].includes(text) ||
      text.startsWith("urn:pulumi:") ||
      isUnder(parts, ["workload.identity"])
  },
  { name: "Sigstore", matches: (text, parts) => text === "sigstore" || isUnder(parts, ["sigstore.dev"]) },
  { name: "Octo STS, which gives tokens of GitHub", matches: (_, parts) => isUnder(parts, ["octo-sts.dev"]) }
]
