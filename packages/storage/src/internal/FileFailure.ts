/** Turns an error of the operating system into the one error of the store ports. */
import { StoreError } from "@bailiwick/core/StoreError"
import * as Predicate from "effect/Predicate"

/** Whether it is an error of a system call, of this code if one is given. */
export const isErrno = (cause: unknown, code?: string): cause is { readonly code: string } =>
  Predicate.hasProperty(cause, "syscall") &&
  Predicate.hasProperty(cause, "code") &&
  (code === undefined ? typeof cause.code === "string" : cause.code === code)

export const fromErrno = (doing: string, path: string, cause: unknown): StoreError => {
  const code = isErrno(cause) ? cause.code : undefined
  const failure = (reason: StoreError["reason"], what: string, hint: string) =>
    new StoreError({ reason, detail: `${doing} ${path}: ${what}`, hint })
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return failure("Full", "no space left", "free some space; what was there before is still there")
    case "EBUSY":
      return failure("Busy", "held by another process", "try again")
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return failure("Unavailable", "not permitted", "check who owns the directory, its mode and its mount")
    case "ENOENT":
      return failure("Unavailable", "the directory is missing", "make it, or check BAILIWICK_STATE_DIR")
    case "ELOOP":
    case "EISDIR":
    case "ENOTDIR":
      return failure("Damaged", "something else is in its place", "move it away; it was not put there by this program")
    case "EMFILE":
    case "ENFILE":
      return failure("Unavailable", "too many open files", "raise the limit (ulimit -n), or close something")
    default:
      return failure("Unavailable", code ?? "it failed", "check the disk and its mount")
  }
}
