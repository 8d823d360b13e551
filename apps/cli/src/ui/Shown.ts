/**
 * Text that others wrote, made safe to show.
 *
 * A terminal obeys control characters and reorders text around bidirectional marks, so that what a person reads beside
 * a passphrase prompt could differ from what is signed. Everything invisible is shown as `\u{…}` instead.
 */

// Cc: controls. Cf: bidirectional marks, zero-width characters and tags. Zl, Zp: separators. Cs: lone surrogates.
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

// A token on the wrong channel (an argument, a file that is no token) must not be repeated by an error message.
const secret = /\b((?:bw|joy)_[a-z]+_)[\w+/=-]{8,}/gu

const escape = (character: string): string => `\\u{${character.codePointAt(0)?.toString(16)}}`

/** One line without anything that a reader cannot see. */
export const line = (text: string): string => text.replace(invisible, escape)

/** The same for text of several lines: line feeds stay. */
export const block = (text: string): string => text.split("\n").map(line).join("\n")

/** One line for error messages, with tokens cut off behind their prefix. */
export const message = (text: string): string => line(text.replace(secret, "$1…"))

/** Compact JSON whose invisible characters are escaped too: the same value, harmless on a terminal. */
export const json = (value: unknown): string =>
  JSON.stringify(value).replace(invisible, (character) =>
    Array.from({ length: character.length }, (_, index) => unit(character.charCodeAt(index))).join("")
  )

const unit = (code: number): string => `\\u${code.toString(16).padStart(4, "0")}`
