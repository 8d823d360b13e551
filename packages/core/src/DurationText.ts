/**
 * Lengths of time as people write them: `90s`, `15m`, `8h`, `1d`, `1h30m`, plain seconds, or ISO 8601 up to days.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as UnixTime from "./UnixTime.ts"

/** Why a text is no duration. */
export class DurationTextError extends Schema.TaggedError<DurationTextError>()("DurationTextError", {
  reason: Schema.Literals(["Syntax", "Zero", "TooLong"]),
  hint: Schema.String
}) {
  override get message() {
    return {
      Syntax: "this is no duration",
      Zero: "a duration is longer than zero",
      TooLong: "this duration is longer than any clock here counts"
    }[this.reason]
  }
}

const hint = "write 90s, 15m, 8h, 1d, 1h30m, a number of seconds, or ISO 8601 such as PT15M or P1DT2H"

const plain = /^(?:(?<d>\d+)d)?(?:(?<h>\d+)h)?(?:(?<m>\d+)m)?(?:(?<s>\d+)s)?$/u
const seconds = /^(?<s>\d+)$/u
// ISO 8601-1 §5.5.2.2 without years, months, weeks and fractions, whose length is open or beside the point.
const iso = /^P(?=\d|T\d)(?:(?<d>\d+)D)?(?:T(?=\d)(?:(?<h>\d+)H)?(?:(?<m>\d+)M)?(?:(?<s>\d+)S)?)?$/u

/** Reads a duration as whole seconds, more than zero. Nothing is trimmed. */
export const parse = (text: string): Result.Result<number, DurationTextError> => {
  const groups = (seconds.exec(text) ?? iso.exec(text) ?? plain.exec(text))?.groups
  if (text === "" || groups === undefined) return refuse("Syntax")
  const count = (unit: string) => Number(groups[unit] ?? 0)
  const total = ((count("d") * 24 + count("h")) * 60 + count("m")) * 60 + count("s")
  if (total > UnixTime.maximum) return refuse("TooLong")
  return total === 0 ? refuse("Zero") : Result.succeed(total)
}

const refuse = (reason: DurationTextError["reason"]) => Result.fail(new DurationTextError({ reason, hint }))
