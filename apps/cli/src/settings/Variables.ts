/** The `BAILIWICK_*` variables that mean something; any other is probably a misspelling. */
import * as Child from "@bailiwick/delivery/Variables"
import * as Suggest from "../ui/Suggest.ts"

/** Set by `credential-process` for what it starts, so that it is not started by its own login. */
export const asking = "BAILIWICK_CREDENTIAL_PROCESS"

const known: ReadonlyArray<string> = [
  asking,
  "BAILIWICK_DEBUG",
  "BAILIWICK_OUTPUT",
  "BAILIWICK_PROJECT",
  "BAILIWICK_SESSION",
  "BAILIWICK_STATE_DIR",
  // A child that runs this command in turn has been given these.
  ...Child.all
]

/** One warning for each variable that nobody reads. */
export const unknown = (names: ReadonlyArray<string>): ReadonlyArray<string> =>
  names
    .filter((name) => name.startsWith("BAILIWICK_") && !known.includes(name))
    .map((name) => {
      const hint = Suggest.nearest(name, known)
      return `nothing reads ${name}${hint.length === 0 ? "" : `; did you mean ${hint.join(" or ")}?`}`
    })
