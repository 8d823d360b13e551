/**
 * Small files that must be whole, private and durable: temp in the same directory, O_EXCL, 0600 at open, fsync, rename,
 * fsync of the directory.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { StoreError } from "../StoreError.ts"

export class SecretFiles extends Context.Service<
  SecretFiles,
  {
    /**
     * The bytes, or none where nothing is. `Exposed` if the file is not ours or others may read it, `Damaged` if it is
     * no regular file or longer than `maximum` bytes.
     */
    read(path: string, maximum: number): Effect.Effect<Option.Option<Uint8Array>, StoreError>
    /** Replaces atomically and durably: after a crash there is the old or the new content, never neither, never half. */
    write(path: string, content: Uint8Array): Effect.Effect<void, StoreError>
    /** Writes only if nothing is there: false, and no change, if something is. Durable when it returns. */
    create(path: string, content: Uint8Array): Effect.Effect<boolean, StoreError>
    /** Removes durably; nothing there is no error. */
    remove(path: string): Effect.Effect<void, StoreError>
    /** The names of regular files, sorted; empty where the directory is missing. */
    list(directory: string): Effect.Effect<ReadonlyArray<string>, StoreError>
    /** Makes it, 0700, parents too; `Exposed` with the chmod to run if it is there and others may enter. */
    ensureDirectory(path: string): Effect.Effect<void, StoreError>
  }
>()("@bailiwick/core/ports/SecretFiles") {}
