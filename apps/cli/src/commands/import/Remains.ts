/** What was found of another program, sorted by whether it can be taken over. */
import type { Sha256 } from "@bailiwick/core/Sha256"
import type * as Import from "@bailiwick/broker/Import"
import * as Digest from "@bailiwick/tokens/Digest"

/** Something that can be taken over, and what a person should know about it. */
export interface Found {
  readonly part: Import.Part
  readonly note?: string
}

export interface Skipped {
  readonly kind: string
  readonly name: string
  readonly why: string
}

export interface Remains {
  readonly source: Import.Part["source"]
  /** The directories that were looked through. */
  readonly places: ReadonlyArray<string>
  readonly found: ReadonlyArray<Found>
  readonly skipped: ReadonlyArray<Skipped>
}

export const digest: (bytes: Uint8Array | string) => Sha256 = Digest.text

/** Text for a line of the log, which holds 64 KiB: what others wrote may be as long as a file. */
export const brief = (text: string): string => (text.length > 512 ? `${text.slice(0, 512)}…` : text).toWellFormed()

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** Undefined for what is no UTF-8. */
export const textOf = (bytes: Uint8Array): string | undefined => {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

/** The largest file of lines that is read. */
export const maximumLines = 64 * 1024 * 1024

/**
 * A file of lines, each taken over for itself and once, so that a file that has grown brings what is new. Lines that are
 * no events are told by their numbers.
 */
export const events = (options: {
  readonly source: Import.Part["source"]
  readonly name: string
  readonly bytes: Uint8Array
  readonly isEvent: (line: string) => boolean
  readonly note: string
}): Pick<Remains, "found" | "skipped"> => {
  const { bytes, isEvent, name, note, source } = options
  const text = textOf(bytes)
  if (text === undefined) return { found: [], skipped: [{ kind: "event", name, why: "its bytes are not UTF-8" }] }
  const lines = text.split(/\r?\n/u).map((line, index) => ({ line, number: index + 1 }))
  const [good, bad] = [
    lines.filter(({ line }) => isEvent(line)),
    lines.filter(({ line }) => line !== "" && !isEvent(line))
  ]
  const numbers = bad.map(({ number }) => number)
  return {
    found:
      good.length === 0
        ? []
        : [
            {
              part: {
                source,
                kind: "event",
                name,
                digest: digest(bytes),
                told: { lines: good.length },
                entries: good.map(({ line }) => ({ name: digest(line), digest: digest(line), body: line }))
              },
              note
            }
          ],
    skipped:
      numbers.length === 0
        ? []
        : [
            {
              kind: "event",
              name,
              why: `no events: line ${numbers.slice(0, 10).join(", ")}${numbers.length > 10 ? ` and ${numbers.length - 10} more` : ""}`
            }
          ]
  }
}
