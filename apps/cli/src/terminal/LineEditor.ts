/** The editing of one hidden line, byte by byte: no string of it exists before it is complete. */

/** Bytes of UTF-8; a longer line is cut off there, and the passphrase then simply does not fit. */
export const maximumBytes = 4096

export type Outcome = "more" | "line" | "cancel" | "suspend"

export interface LineEditor {
  /** Takes bytes as the terminal sends them in raw mode. */
  push(bytes: Uint8Array): Outcome
  /** A copy of what was typed. */
  line(): Uint8Array
  /** Overwrites what was typed. */
  wipe(): void
}

const key = {
  interrupt: 0x03,
  end: 0x04,
  backspace: 0x08,
  feed: 0x0a,
  return: 0x0d,
  clear: 0x15,
  suspend: 0x1a,
  escape: 0x1b,
  delete: 0x7f
}

export const make = (): LineEditor => {
  const buffer = new Uint8Array(maximumBytes)
  let length = 0
  // Arrow keys and the brackets around a paste arrive as ESC [ … final byte (ECMA-48 §5.4); they are no input.
  let sequence: "none" | "escape" | "control" = "none"

  const one = (byte: number): Outcome => {
    if (sequence === "escape") {
      sequence = byte === 0x5b ? "control" : "none"
      return "more"
    }
    if (sequence === "control") {
      if (byte >= 0x40 && byte <= 0x7e) sequence = "none"
      return "more"
    }
    switch (byte) {
      case key.return:
      case key.feed:
        return "line"
      case key.interrupt:
        return "cancel"
      case key.end:
        return length === 0 ? "cancel" : "line"
      case key.suspend:
        return "suspend"
      case key.escape:
        sequence = "escape"
        return "more"
      case key.clear:
        length = 0
        return "more"
      case key.backspace:
      case key.delete:
        length = beforeLast(buffer.subarray(0, length))
        return "more"
      default:
        if (byte >= 0x20 && length < maximumBytes) buffer[length++] = byte
        return "more"
    }
  }

  return {
    push: (bytes) => {
      for (const byte of bytes) {
        const outcome = one(byte)
        if (outcome !== "more") return outcome
      }
      return "more"
    },
    line: () => buffer.slice(0, length),
    wipe: () => {
      buffer.fill(0)
      length = 0
    }
  }
}

/** Where the last character as a person sees it begins: a letter with its accents goes in one keystroke. */
const beforeLast = (bytes: Uint8Array): number => {
  const text = new TextDecoder().decode(bytes)
  const last = Array.from(new Intl.Segmenter().segment(text)).at(-1)
  return last === undefined ? 0 : Buffer.byteLength(text.slice(0, last.index))
}
