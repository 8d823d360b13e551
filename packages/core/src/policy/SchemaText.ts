/** Schema errors as one line. */
import type * as Schema from "effect/Schema"

/** What was expected and where, without the rejected value and without line ends. */
export const line = (error: Schema.SchemaError): string => error.message.replaceAll(/\s*\n\s*/gu, " ")
