/** A log that is not as it was written: nothing goes on from there until somebody has looked. */
import { StoreError } from "@bailiwick/core/StoreError"

export const damaged = (detail: string): StoreError =>
  new StoreError({ reason: "Damaged", detail, hint: "run `bailiwick audit verify`: it names the first bad line" })
