/** How much of an answer is read: those of AWS are a few kilobytes, and whatever sends more is not AWS. */
import * as Predicate from "effect/Predicate"
import { Readable, Transform } from "node:stream"

/** Bytes. */
export const maximum = 256 * 1024

/** The body of an answer of `fetch`; undefined once it is longer. */
export const text = async (answer: Response): Promise<string | undefined> => {
  const chunks: Array<Uint8Array> = []
  let length = 0
  for await (const chunk of answer.body ?? []) {
    length += chunk.byteLength
    // Leaving the loop cancels the rest.
    if (length > maximum) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** The name by which an SDK's error says it. */
export const code = "AnswerTooLarge"

/** Makes the body of an SDK's response fail where it is longer. */
export const apply = (response: unknown): void => {
  if (!Predicate.isObject(response) || !("body" in response) || !(response.body instanceof Readable)) return
  const { body } = response
  let length = 0
  const limit = new Transform({
    transform: (chunk: Uint8Array, _, done) => {
      length += chunk.byteLength
      if (length <= maximum) return done(null, chunk)
      body.destroy()
      done(Object.assign(new Error(code), { code }))
    }
  })
  body.on("error", (error) => limit.destroy(error))
  response.body = body.pipe(limit)
}
