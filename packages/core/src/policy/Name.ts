/** The text of one pattern or value in a policy: plain, bounded, and without anything that a reader cannot see. */
import * as Schema from "effect/Schema"
import { Text } from "../Text.ts"

/**
 * Text without blanks at either end.
 *
 * The algebra compares text as it stands, so a blank that nobody sees would make two names out of one.
 */
export const Name = Text.pipe(
  Schema.check(
    Schema.makeFilter((text: string) =>
      text === text.trim() ? undefined : "text without blanks at its beginning or end"
    )
  )
)

/** Where a segment between slashes is `.` or `..`, which a cloud may resolve after the policy has compared text; or -1. */
export const dotSegment = (text: string): number => text.search(/(?<=^|\/)\.{1,2}(?=\/|$)/u)

const ascii = /[A-Z]+/gu

/** Lower case for ASCII letters alone: no locale and no Unicode mapping decides about authority. */
export const fold = (text: string): string => text.replace(ascii, (letters) => letters.toLowerCase())
