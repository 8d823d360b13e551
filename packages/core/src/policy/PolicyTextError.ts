/** Why the text forms of a policy were refused, and at which character. */
import * as Schema from "effect/Schema"

export const Reason = Schema.Literals([
  "EmptyItem",
  "ControlCharacter",
  "OuterBlank",
  "InnerBlank",
  "Variable",
  "DotSegment",
  "UnknownVerb",
  "VerbWithoutCloud",
  "Shape",
  "Conditions",
  "Limit"
])
export type Reason = typeof Reason.Type

/** One refused text. Policies are no secrets, so the text stands in the error; `pointer` shows it safely. */
export class PolicyTextError extends Schema.TaggedError<PolicyTextError>()("PolicyTextError", {
  /** Which of the given texts: `allow`, `resource`, `deny`, `conditions`, or `policy` for the whole. */
  field: Schema.Literals(["allow", "resource", "deny", "conditions", "policy"]),
  reason: Reason,
  detail: Schema.String,
  hint: Schema.optionalKey(Schema.String),
  text: Schema.String,
  /** Counted in UTF-16 code units of `text`, from 0. */
  offset: Schema.Int
}) {
  override get message() {
    return `${this.field}: ${this.detail}`
  }

  /** The text and a caret beneath the offending character; nothing in it can steer a terminal. */
  get pointer() {
    const visible = (text: string) => Array.from(text, (one) => (/[\p{C}\p{Zl}\p{Zp}]/u.test(one) ? "\uFFFD" : one))
    return `${visible(this.text).join("")}\n${" ".repeat(visible(this.text.slice(0, this.offset)).length)}^`
  }
}
