/**
 * How the texts of a policy are written in an IAM document, and which cannot be.
 *
 * `*` and `?` mean the same on both sides, and neither side can escape them. Where IAM would read a text more widely than
 * it stands, or a denial more narrowly, the text is refused.
 */
import * as Result from "effect/Result"
import { quote, type Refusal } from "../Refusal.ts"

type Written = Result.Result<string, Refusal>

const refuse = (detail: string, hint: string): Result.Result<never, Refusal> =>
  Result.fail({ reason: "PolicyRefused", detail, hint })

// The parameter `Policy` of AssumeRole takes U+0020 to U+00FF beside tab and line ends; control characters are no text.
const isLatin = (text: string): boolean => /^[\x20-\x7e\xa0-\xff]*$/u.test(text)

/**
 * Text as IAM reads it back: a policy variable is the one thing that IAM would replace, so its opening is written as the
 * variable that stands for a dollar sign.
 */
export const plain = (text: string): Written =>
  isLatin(text)
    ? Result.succeed(text.replaceAll("${", "${$}{"))
    : refuse(
        `${quote(text)} holds characters that AWS takes in no session policy`,
        "a session policy holds U+0020 to U+00FF; give such names other names, or use ? in their place"
      )

const anything = /^(?:\*+|\*:\*)$/u

/** `*`, or `service:Action` with wildcards in the action alone. */
export const action = (text: string): Written => {
  if (anything.test(text)) return Result.succeed("*")
  if (/^[A-Za-z0-9-]+:[A-Za-z0-9*?-]+$/u.test(text)) return Result.succeed(text)
  return refuse(
    `${quote(text)} is no action that IAM can read: the service stands before the colon without wildcards`,
    "write service:Action, such as s3:GetObject or s3:Get*"
  )
}

const arn = /^arn:([^:]*):([^:]*):([^:]*):([^:]*):(.+)$/u
const literal = /^[a-z0-9-]+$/u
const field = /^[A-Za-z0-9*?-]*$/u

/**
 * `*`, or an ARN of all six fields: a shorter one is completed by IAM with wildcards, and would say more than it reads.
 *
 * IAM compares field by field, and only a `*` that ends a field reaches past the colon. So a grant is at most narrower
 * there; in a denial any other wildcard before the resource itself is refused.
 */
export const resource = (text: string, options: { readonly partition: string; readonly denies: boolean }): Written => {
  if (/^\*+$/u.test(text)) return Result.succeed("*")
  const [, partition = "", service = "", region = "", account = ""] = arn.exec(text) ?? []
  if (!literal.test(partition) || !literal.test(service) || !field.test(region) || !field.test(account)) {
    return refuse(
      `${quote(text)} is no resource that IAM reads as it stands`,
      "write * or an ARN with all six fields, partition and service without wildcards, such as arn:aws:s3:::bucket/*"
    )
  }
  if (partition !== options.partition) {
    return refuse(
      `${quote(text)} lies in the partition ${partition}, and the target in ${options.partition}`,
      `name resources that begin with arn:${options.partition}:`
    )
  }
  if (options.denies && [region, account].some((part) => /\?|\*(?=.)/u.test(part))) {
    return refuse(
      `the denial of ${quote(text)} has a wildcard inside a field, where IAM would deny less`,
      "end the field with *, or write the field as * alone"
    )
  }
  return plain(text)
}

const tagKey = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u

/** The condition key of a resource's tag. */
export const resourceTag = (key: string): Written =>
  tagKey.test(key) && isLatin(key)
    ? Result.succeed(`aws:ResourceTag/${key}`)
    : refuse(`${quote(key)} cannot be the key of a tag`, "AWS tag keys hold letters, digits, blanks and _.:/=+-@")

/** Refuses what a document cannot hold, with the first of them named. */
export const all = (
  texts: ReadonlyArray<string>,
  write: (text: string) => Written
): Result.Result<ReadonlyArray<string>, Refusal> => Result.all(texts.map(write))
