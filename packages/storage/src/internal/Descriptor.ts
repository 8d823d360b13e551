/** A secret handed over by an inherited descriptor: read to its end, at most so many bytes, and closed. */
import { StoreError } from "@bailiwick/core/StoreError"
import * as Effect from "effect/Effect"
import * as Fs from "node:fs"
import * as FileFailure from "./FileFailure.ts"

export const readAll = (fd: number, maximum: number): Effect.Effect<Uint8Array, StoreError> =>
  Effect.try({
    try: () => {
      try {
        const buffer = new Uint8Array(maximum + 1)
        let length = 0
        while (length <= maximum) {
          const count = Fs.readSync(fd, buffer, length, buffer.length - length, null)
          if (count === 0) return buffer.slice(0, length)
          length += count
        }
        throw new StoreError({ reason: "Damaged", detail: `descriptor ${fd} gives more than ${maximum} bytes` })
      } finally {
        Fs.closeSync(fd)
      }
    },
    catch: (cause) =>
      cause instanceof StoreError ? cause : FileFailure.fromErrno("reading", `descriptor ${fd}`, cause)
  })
