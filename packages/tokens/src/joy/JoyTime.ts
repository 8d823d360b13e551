/**
 * Times of the Joy profile: RFC 3339 text, read as Joy's programs read it, exact to the nanosecond (formats §1).
 *
 * They read a relaxed form (any offset, `UTC`, blanks between the parts, short numbers, signed years, second 60, any
 * number of fraction digits cut after nine) and write one: `Z` with 0, 3, 6 or 9 digits. The written form is the one
 * that is signed, so a text and its rewriting stand for the same signature.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import * as SchemaIssue from "effect/SchemaIssue"

const nanosPerSecond = 1_000_000_000

/** An instant; `nanos` goes up to 1,999,999,999, because second 60 is kept as the last second and a second more. */
export const JoyTime = Schema.Struct({
  /** Whole seconds since 1970-01-01T00:00:00Z. */
  seconds: Schema.Int,
  nanos: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 * nanosPerSecond - 1 }))
})
export type JoyTime = typeof JoyTime.Type

// Unicode's white space, which is not that of `\s`; every run of it stands between two parts that hold none, so no
// text is read in two ways and matching stays linear.
const blanks = String.raw`\p{White_Space}*`
const pattern = new RegExp(
  [
    String.raw`^${blanks}(?<year>[+-]\d+|\d{1,4})${blanks}-${blanks}(?<month>\d{1,2})${blanks}-${blanks}(?<day>\d{1,2})`,
    String.raw`[tT ]${blanks}(?<hour>\d{1,2})${blanks}:${blanks}(?<minute>\d{1,2})${blanks}:${blanks}(?<second>\d{1,2})`,
    String.raw`(?:\.(?<fraction>\d+))?${blanks}`,
    // The minus sign of an offset may be U+2212, which ISO 8601 prefers.
    String.raw`(?:[zZ]|[uU][tT][cC]|(?<sign>[+\-\u2212])(?<hours>\d{2})[:\p{White_Space}]*(?<minutes>[0-5]\d))${blanks}$`
  ].join(""),
  "u"
)

// The years that Joy's calendar holds; a text outside them is no time there.
const firstYear = -262_143
const lastYear = 262_142

/** Reads a text; `None` for what Joy's programs do not read. */
export const parse = (text: string): Option.Option<JoyTime> => {
  const parts = pattern.exec(text)?.groups
  if (parts === undefined) return Option.none()
  const year = Number(parts.year)
  const midnight = secondsOfDate(year, Number(parts.month), Number(parts.day))
  const hour = Number(parts.hour)
  const minute = Number(parts.minute)
  const second = Number(parts.second)
  const hours = Number(parts.hours ?? 0)
  if (midnight === undefined || hour > 23 || minute > 59 || second > 60 || hours > 23) return Option.none()
  const offset = (hours * 60 + Number(parts.minutes ?? 0)) * 60 * (parts.sign === "+" ? 1 : -1)
  const leap = second === 60
  const seconds = midnight + (hour * 60 + minute) * 60 + (leap ? 59 : second) - offset
  if (!isInCalendar(new Date(seconds * 1000).getUTCFullYear())) return Option.none()
  const nanos = Number((parts.fraction ?? "").slice(0, 9).padEnd(9, "0"))
  return Option.some({ seconds, nanos: leap ? nanos + nanosPerSecond : nanos })
}

/** Writes the one form that Joy's programs write and sign. */
export const format = ({ seconds, nanos }: JoyTime): string => {
  const date = new Date(seconds * 1000)
  const year = date.getUTCFullYear()
  const digits = digitsOf(Math.abs(year), 4)
  const leap = nanos >= nanosPerSecond
  return [
    year >= 0 && year <= 9999 ? digits : (year < 0 ? "-" : "+") + digits,
    `-${digitsOf(date.getUTCMonth() + 1, 2)}-${digitsOf(date.getUTCDate(), 2)}`,
    `T${digitsOf(date.getUTCHours(), 2)}:${digitsOf(date.getUTCMinutes(), 2)}`,
    `:${digitsOf(date.getUTCSeconds() + (leap ? 1 : 0), 2)}${fraction(leap ? nanos - nanosPerSecond : nanos)}Z`
  ].join("")
}

/** Whether the first instant is the later one, to the nanosecond. */
export const isAfter = (one: JoyTime, other: JoyTime): boolean =>
  one.seconds === other.seconds ? one.nanos > other.nanos : one.seconds > other.seconds

/** The same fraction of a second, so many whole seconds later. */
export const plusSeconds = ({ seconds, nanos }: JoyTime, more: number): JoyTime => ({ seconds: seconds + more, nanos })

export const fromNanos = (nanos: bigint): JoyTime => {
  const rest = ((nanos % billion) + billion) % billion
  return { seconds: Number((nanos - rest) / billion), nanos: Number(rest) }
}

/** Reads the clock, as exactly as it tells. */
export const now: Effect.Effect<JoyTime> = Effect.map(Clock.currentTimeNanos, fromNanos)

/** A text on the wire, an instant in the program. */
export const FromText = Schema.String.pipe(
  Schema.decodeTo(JoyTime, {
    decode: SchemaGetter.transformEffect((text: string) =>
      Effect.mapError(
        Effect.fromOption(parse(text)),
        () => new SchemaIssue.InvalidValue({ expected: "an RFC 3339 time" })
      )
    ),
    encode: SchemaGetter.transform(format)
  })
)

const billion = BigInt(nanosPerSecond)

const digitsOf = (number: number, width: number): string => String(number).padStart(width, "0")

const isInCalendar = (year: number): boolean => year >= firstYear && year <= lastYear

/** The start of a day; undefined for one that the calendar does not have. */
const secondsOfDate = (year: number, month: number, day: number): number | undefined => {
  if (!isInCalendar(year)) return undefined
  const date = new Date(0)
  // Years below 100 stay what they are here, unlike in `Date.UTC`. A day that does not exist moves the month.
  date.setUTCFullYear(year, month - 1, day)
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() / 1000 : undefined
}

/** None, three, six or nine digits: the least that lose nothing. */
const fraction = (nanos: number): string => {
  if (nanos === 0) return ""
  const digits = digitsOf(nanos, 9)
  if (digits.endsWith("000000")) return `.${digits.slice(0, 3)}`
  return digits.endsWith("000") ? `.${digits.slice(0, 6)}` : `.${digits}`
}
