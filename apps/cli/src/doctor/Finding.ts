/** One thing that the doctor looked at. */
export interface Finding {
  /** Stable, for programs. */
  readonly check: string
  /** `advice` is worth doing and no fault; only a `problem` makes the doctor fail. */
  readonly level: "good" | "advice" | "problem"
  readonly what: string
  /** What to do about it. */
  readonly fix?: string
}

export const good = (check: string, what: string): Finding => ({ check, level: "good", what })
export const advice = (check: string, what: string, fix: string): Finding => ({ check, level: "advice", what, fix })
export const problem = (check: string, what: string, fix: string): Finding => ({ check, level: "problem", what, fix })
