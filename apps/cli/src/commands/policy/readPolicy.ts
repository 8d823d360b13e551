import * as Policy from "@bailiwick/core/Policy"
import * as Document from "../../input/Document.ts"

/** A policy object from a file, or from standard input as `-`. */
export const readPolicy = (path: string) =>
  Document.json({ path, what: "policy", schema: Policy.Policy, maximum: 4 * Policy.maximumBytes })
