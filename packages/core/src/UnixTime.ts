/**
 * Whole seconds since 1970-01-01T00:00:00Z, the only form of time in signed, stored and sent bytes (formats §1).
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** The last second of the year 9999: beyond it RFC 3339 text has no form. */
export const maximum = 253402300799

export const UnixTime = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum })).pipe(Schema.brand("UnixTime"))
export type UnixTime = typeof UnixTime.Type

/** Seconds by which a signer's clock may run ahead of the reader's (formats §1). */
export const leeway = 30

/** Reads the clock, cut to the whole second. */
export const now: Effect.Effect<UnixTime> = Effect.map(Clock.currentTimeMillis, (millis) =>
  UnixTime.make(Math.floor(millis / 1000))
)

/** Adds seconds; the result stays inside the range of the format. */
export const plus = (time: UnixTime, seconds: number): UnixTime =>
  UnixTime.make(Math.min(maximum, Math.max(0, time + seconds)))

export const earliest = (first: UnixTime, ...rest: ReadonlyArray<UnixTime>): UnixTime =>
  UnixTime.make(Math.min(first, ...rest))

export const latest = (first: UnixTime, ...rest: ReadonlyArray<UnixTime>): UnixTime =>
  UnixTime.make(Math.max(first, ...rest))

/** A signed object is in force iff `iat - 30 <= now < exp` (formats §1). */
export const isInForce = (times: { readonly iat: UnixTime; readonly exp: UnixTime }, at: UnixTime): boolean =>
  times.iat - leeway <= at && at < times.exp

/** RFC 3339 text in UTC, for people and cloud formats. */
export const toText = (time: UnixTime): string => new Date(time * 1000).toISOString().replace(".000Z", "Z")
