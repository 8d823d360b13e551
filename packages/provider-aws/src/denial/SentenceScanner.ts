/**
 * Finds AWS's sentences of refusal in a stream of bytes, in one pass and in bounded memory, whatever is written there.
 */
import * as Sentence from "./Sentence.ts"

export interface SentenceScanner {
  /** Bytes as they come; a sentence may stand across several calls. */
  readonly push: (bytes: Uint8Array) => void
  /** What was found, once the stream has ended. */
  readonly end: () => ReadonlyArray<Sentence.Sentence>
}

/** So many sentences are kept; what follows is not looked at any more. */
export const maximum = 256

// Programs wrap their messages at a width, and some draw a line beside them: a wrapped sentence is the same sentence.
const blanks = /[\s│|]+/gu

export const make = (): SentenceScanner => {
  const decoder = new TextDecoder()
  const found: Array<Sentence.Sentence> = []
  let pending = ""

  const scan = (isEnd: boolean): void => {
    for (let at = pending.indexOf(Sentence.anchor); at !== -1; at = pending.indexOf(Sentence.anchor)) {
      if (!isEnd && pending.length < at + Sentence.behind) {
        pending = pending.slice(Math.max(0, at - Sentence.before))
        return
      }
      const sentence = Sentence.read(pending, at, true)
      if (sentence !== undefined && found.push(sentence) >= maximum) break
      pending = pending.slice(at + Sentence.anchor.length)
    }
    pending = pending.slice(-(Sentence.before + Sentence.anchor.length))
  }
  const take = (text: string, isEnd: boolean): void => {
    if (found.length >= maximum) return
    const plain = text.replace(blanks, " ")
    pending += pending.endsWith(" ") && plain.startsWith(" ") ? plain.slice(1) : plain
    scan(isEnd)
  }

  return {
    push: (bytes) => take(decoder.decode(bytes, { stream: true }), false),
    end: () => {
      take(decoder.decode(), true)
      return found
    }
  }
}

/** The sentences of one text; see {@link Sentence.read} for `isWhole`. */
export const read = (text: string, isWhole: boolean): ReadonlyArray<Sentence.Sentence> => {
  const plain = text.replace(blanks, " ")
  const at = plain.indexOf(Sentence.anchor)
  const sentence = at === -1 ? undefined : Sentence.read(plain, at, isWhole)
  return sentence === undefined ? [] : [sentence]
}
