/**
 * Short resource forms for typing: `s3://bucket/prefix/*` and `gs://bucket/prefix/*`.
 *
 * A form names exactly one resource: a bucket alone is the bucket, a bucket with a key is the objects under that key.
 * Listing is a right on the bucket, so it is asked for by naming the bucket as well.
 */
import type { Provider } from "./Provider.ts"

export interface Refusal {
  readonly detail: string
  readonly at: number
  readonly hint?: string
}

interface Form {
  readonly scheme: string
  /** A bucket name: no wildcard or quote can reach an ARN or an expression through it. */
  readonly bucket: RegExp
  readonly write: (bucket: string, key: string | undefined) => string
}

const forms: { readonly [P in Provider]?: Form } = {
  aws: {
    scheme: "s3://",
    bucket: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/u,
    write: (bucket, key) => (key === undefined ? `arn:aws:s3:::${bucket}` : `arn:aws:s3:::${bucket}/${key}`)
  },
  gcp: {
    scheme: "gs://",
    bucket: /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/u,
    write: (bucket, key) =>
      key === undefined ? `projects/_/buckets/${bucket}` : `projects/_/buckets/${bucket}/objects/${key}`
  }
}

/** The resource that a typed text means on this provider. */
export const read = (provider: Provider, text: string): string | Refusal => {
  const form = forms[provider]
  if (form !== undefined && text.startsWith(form.scheme)) return expand(form, text)
  if (provider === "aws" && !text.startsWith("arn:") && !text.startsWith("*")) {
    return { detail: "no AWS resource", at: 0, hint: "write an ARN, s3://bucket/prefix/*, or * for every resource" }
  }
  if (provider !== "oidc" && /^(?!https:)[a-z0-9]+:\/\//u.test(text)) {
    return {
      detail: `no short form that ${provider} knows`,
      at: 0,
      ...(form && { hint: `write ${form.scheme}bucket/prefix/*` })
    }
  }
  return text
}

const expand = ({ scheme, bucket, write }: Form, text: string): string | Refusal => {
  const slash = text.indexOf("/", scheme.length)
  const name = text.slice(scheme.length, slash === -1 ? undefined : slash)
  if (!bucket.test(name)) return { detail: "no bucket name", at: scheme.length }
  const key = slash === -1 ? undefined : text.slice(slash + 1)
  if (key === "") return { detail: "a key is missing", at: text.length, hint: `write ${text}* for every object` }
  return write(name, key)
}
