/** A refusal as SDKs throw it and as the query protocol answers it: a code of a known form, and prose that goes no further. */
export interface Failure {
  readonly code: string
  readonly status: number | undefined
  /** May hold names and secrets of the broker: it is looked into, and never shown. */
  readonly message: string
  /** Where the broker's own login failed, before the call itself: of which profile, if one was named. */
  readonly login?: { readonly profile?: string }
}

/** What was being asked, for the sentence. */
export interface Asked {
  readonly call: string
  readonly role: string
  readonly region: string
  readonly host: string
  /** The broker's own AWS profile, where one was named. */
  readonly profile?: string
}
