/** The exit codes of the command, documented in `docs/errors.md`; a child's own code is passed on unchanged. */
export const ExitCode = {
  ok: 0,
  /** Checked, and found bad: a refused inspection, a log that does not verify, a finding of the doctor. */
  bad: 1,
  usage: 2,
  login: 3,
  denied: 4,
  approval: 5,
  budget: 6,
  unreachable: 7,
  cloud: 8,
  store: 9,
  defect: 10,
  /** As in shells: found, but not to be executed; and not found. */
  notExecutable: 126,
  notFound: 127,
  interrupted: 130,
  terminated: 143
} as const
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]
