/**
 * Reads the lines of a log once, from the first, and finds the first that is not what was written.
 *
 * Each line vouches for the one before it (`prev`), and a head for all lines up to its size. A `prev` that does not fit
 * accuses two lines; which of them was changed, the line after them, a head, or the line put right again decides.
 */
import type * as AuditEvent from "@bailiwick/core/AuditEvent"
import type * as LogHead from "@bailiwick/core/LogHead"
import type { ProjectId } from "@bailiwick/core/ProjectId"
import * as Result from "effect/Result"
import * as CompactRange from "../CompactRange.ts"
import * as LogLine from "../LogLine.ts"
import * as MerkleTree from "../MerkleTree.ts"
import type { RawLine } from "./RawLine.ts"

/** A head that somebody saw, and who: it must be one of this log. */
export interface SeenHead {
  readonly head: LogHead.LogHead
  /** Named in the answer, e.g. `the head pinned by this client`. */
  readonly source: string
}

export interface BadLine {
  /** Counted from 1. */
  readonly line: number
  /** The `seq` that belongs there: `line` - 1. */
  readonly seq: number
  readonly why: string
  /** If whoever changed the log chained it anew, the change may begin at this line already. */
  readonly earliest?: number
}

interface Suspect {
  readonly line: AuditEvent.LogLine
  /** The hash of the line before it, which its `prev` should be. */
  readonly expected: string
  /** The lines before it without, and with, its neighbour. */
  readonly withoutNeighbour: CompactRange.CompactRange
  readonly withNeighbour: CompactRange.CompactRange
}

export class ChainCheck {
  readonly #project: ProjectId
  readonly #heads: ReadonlyArray<SeenHead>
  #range = CompactRange.empty
  /** `#range` without its last line. */
  #before = CompactRange.empty
  #prev = LogLine.firstPrev
  /** So many lines from the first are vouched for by a head. */
  #vouched = 0
  #met = 0
  #suspect: Suspect | undefined = undefined
  #bad: BadLine | undefined = undefined

  constructor(project: ProjectId, heads: ReadonlyArray<SeenHead>) {
    this.#project = project
    this.#heads = heads.toSorted((one, other) => one.head.size - other.head.size)
    this.#meetHeads()
  }

  get bad(): BadLine | undefined {
    return this.#bad
  }

  /** The lines from the first on that chain, whether or not a head vouches for them. */
  get head(): LogHead.LogHead {
    return CompactRange.head(this.#range)
  }

  /** Takes the next line; false once the first bad one is known. */
  take(raw: RawLine): boolean {
    if (this.#bad !== undefined) return false
    const number = this.#range.size + 1
    const read = this.#read(raw, number)
    if (this.#suspect !== undefined) {
      // The line after it vouches for the suspect, so its neighbour is bad; or it does not, so the suspect itself is.
      const cleared = Result.isFailure(read) || read.success.prev === this.#prev
      this.#accuse(this.#suspect, cleared ? "neighbour" : "itself")
    } else if (Result.isFailure(read)) {
      this.#stop(number, read.failure)
    } else if (read.success.prev === this.#prev) {
      this.#push(raw.bytes)
      this.#meetHeads()
    } else {
      this.#suspect = {
        line: read.success,
        expected: this.#prev,
        withoutNeighbour: this.#before,
        withNeighbour: this.#range
      }
      if (this.#vouched === this.#range.size) this.#accuse(this.#suspect, "itself")
      else this.#push(raw.bytes)
    }
    return this.#bad === undefined
  }

  /** No line is left. `checkpoint` must be the head of exactly the lines that were taken. */
  end(checkpoint: SeenHead | undefined): void {
    if (this.#bad !== undefined) return
    if (this.#suspect !== undefined) return this.#judgeLast(this.#suspect, checkpoint)
    const { size, root } = this.head
    for (const seen of [...(checkpoint === undefined ? [] : [checkpoint]), ...this.#heads]) {
      if (seen.head.size > size) {
        return this.#stop(
          size + 1,
          `${seen.source} names ${lines(seen.head.size)}, and ${size} are here: the end was cut off`
        )
      }
    }
    if (checkpoint === undefined) return
    if (checkpoint.head.size < size) {
      return this.#stop(checkpoint.head.size + 1, `it stands after the end that ${checkpoint.source} names`)
    }
    if (checkpoint.head.root !== root) this.#differs(checkpoint)
  }

  #read(raw: RawLine, number: number): Result.Result<AuditEvent.LogLine, string> {
    if (raw.torn) return Result.fail("the line is torn: it does not end in a line feed")
    if (raw.row !== undefined && raw.row !== number - 1) {
      return Result.fail(`the store keeps it as number ${raw.row}, and ${number - 1} belongs here`)
    }
    return LogLine.read(raw.bytes).pipe(
      Result.mapError((error) => error.message),
      Result.flatMap((line) => {
        if (line.project !== this.#project) return Result.fail("the line is one of another project")
        if (line.seq === number - 1) return Result.succeed(line)
        return Result.fail(
          `the line is number ${line.seq}, and ${number - 1} belongs here: lines were removed, repeated or reordered`
        )
      })
    )
  }

  #push(bytes: Uint8Array): void {
    this.#before = this.#range
    this.#range = CompactRange.append(this.#range, MerkleTree.leafHash(bytes))
    this.#prev = LogLine.hash(bytes)
  }

  #meetHeads(): void {
    for (let seen = this.#heads[this.#met]; seen?.head.size === this.#range.size; seen = this.#heads[++this.#met]) {
      if (seen.head.root !== this.head.root) return this.#differs(seen)
      this.#vouched = this.#range.size
    }
  }

  #differs(seen: SeenHead): void {
    const line = Math.max(1, this.#range.size)
    const earliest = this.#vouched + 1
    this.#stop(
      line,
      `up to here these are not the lines that ${seen.source} names`,
      earliest < line ? earliest : undefined
    )
  }

  /** The suspect is the last line: either a head names the lines before it, or it fits one with its `prev` put right. */
  #judgeLast(suspect: Suspect, checkpoint: SeenHead | undefined): void {
    const righted = LogLine.write({ ...suspect.line, prev: suspect.expected }).pipe(
      Result.map((text) =>
        CompactRange.append(suspect.withNeighbour, MerkleTree.leafHash(new TextEncoder().encode(text)))
      )
    )
    const cleared = [suspect.withNeighbour, ...(Result.isSuccess(righted) ? [righted.success] : [])].map(
      CompactRange.head
    )
    const named = [...this.#heads, ...(checkpoint === undefined ? [] : [checkpoint])].some(({ head }) =>
      cleared.some(({ size, root }) => size === head.size && root === head.root)
    )
    this.#accuse(suspect, named ? "itself" : "neighbour")
  }

  #accuse(suspect: Suspect, who: "itself" | "neighbour"): void {
    this.#range = who === "itself" ? suspect.withNeighbour : suspect.withoutNeighbour
    const line = this.#range.size + 1
    this.#stop(
      line,
      who === "itself"
        ? "its prev is not the hash of the line before it"
        : "it is not the line that the next one names: it was changed"
    )
  }

  #stop(line: number, why: string, earliest?: number): void {
    this.#bad = { line, seq: line - 1, why, ...(earliest === undefined ? {} : { earliest }) }
  }
}

const lines = (count: number): string => (count === 1 ? "1 line" : `${count} lines`)
