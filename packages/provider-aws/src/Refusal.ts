/** Why a policy or a request does not become AWS credentials, and what would. */
import { ProviderError } from "@bailiwick/core/CredentialProvider"
import type { StoreError } from "@bailiwick/core/StoreError"

export interface Refusal {
  readonly reason: ProviderError["reason"]
  readonly detail: string
  readonly hint: string
}

export const toError = ({ reason, detail, hint }: Refusal): ProviderError =>
  new ProviderError({ provider: "aws", reason, detail, hint })

/** What the store would not give. */
export const unreadable =
  (what: string) =>
  ({ detail, hint }: StoreError): ProviderError =>
    toError({
      reason: "Misconfigured",
      detail: `${what} cannot be read: ${detail}`,
      hint: hint ?? "run doctor, which names what is wrong with the store"
    })

const longest = 80

/** A text of somebody else inside a message: bounded, and as one visible word. */
export const quote = (text: string): string =>
  JSON.stringify(text.length > longest ? `${text.slice(0, longest)}…` : text)

/** A list inside a message; what is left out is counted. */
export const enumerate = (items: ReadonlyArray<string>, shown = 8): string => {
  const more = items.length > shown ? ` and ${items.length - shown} more` : ""
  return `${items.slice(0, shown).join(", ")}${more}`
}
