/** Recognises secrets wherever they turn up, in every spelling in which bytes are usually written. */
import * as Fs from "node:fs"
import * as Path from "node:path"

export class Secrets {
  readonly #forms = new Map<string, ReadonlyArray<string>>()

  /** A secret that is text. */
  text(name: string, text: string): void {
    this.#forms.set(name, [text])
  }

  /** A secret of bytes: as base64url, base64, hex, and as JSON writes typed arrays and buffers. */
  bytes(name: string, bytes: Uint8Array): void {
    const buffer = Buffer.from(bytes)
    // Without padding and the last digit: in the middle of other text both may differ.
    const texts = [buffer.toString("base64url"), buffer.toString("base64").replace(/=+$/u, "")].map((text) =>
      text.slice(0, -1)
    )
    this.#forms.set(name, [
      ...texts,
      buffer.toString("hex"),
      [...buffer].join(","),
      Object.entries([...buffer])
        .map(([key, value]) => `"${key}":${value}`)
        .join(",")
    ])
  }

  get names(): ReadonlyArray<string> {
    return [...this.#forms.keys()]
  }

  /** The names of those that stand in a text or in bytes. */
  in(content: string | Buffer): ReadonlyArray<string> {
    const bytes = typeof content === "string" ? Buffer.from(content) : content
    return [...this.#forms].filter(([, forms]) => forms.some((form) => bytes.includes(form))).map(([name]) => name)
  }

  /** The files under the directories that hold one, as `NAME in PATH`; whatever vanishes meanwhile held none for long. */
  inFiles(root: string, directories: ReadonlyArray<string>): ReadonlyArray<string> {
    return directories
      .map((name) => Path.join(root, name))
      .flatMap((directory) => Fs.readdirSync(directory, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => Path.join(entry.parentPath, entry.name))
      .flatMap((path) => this.in(contentOf(path)).map((name) => `${name} in ${Path.relative(root, path)}`))
      .toSorted()
  }

  /** Looks at the command lines of new processes again and again, until it is told to stop; gives back what it found. */
  watchProcesses(): () => ReadonlyArray<string> {
    const found = new Set<string>()
    const processes = (): ReadonlyArray<string> => Fs.readdirSync("/proc").filter((name) => /^\d+$/u.test(name))
    const old = new Set(processes())
    const look = (): void => {
      for (const pid of processes().filter((pid) => !old.has(pid))) {
        const line = contentOf(`/proc/${pid}/cmdline`).toString().replaceAll("\0", " ")
        for (const name of this.in(line)) found.add(`${name} in: ${line.slice(0, 60)}`)
      }
    }
    const timer = setInterval(look, 25)
    return () => {
      look()
      clearInterval(timer)
      return [...found]
    }
  }
}

const contentOf = (path: string): Buffer => {
  try {
    return Fs.readFileSync(path)
  } catch {
    return Buffer.alloc(0)
  }
}
