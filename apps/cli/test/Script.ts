/**
 * Text scripts against the built command, in the manner of testscript: commands and what they must say, then files.
 *
 * A line is a command, one of these, or a comment behind `#`. `$NAME` is a variable of the script; words may stand in single
 * quotes. Files follow behind `-- NAME --` lines and lie in the working directory, private to the user.
 *
 * | Line | Meaning |
 * |---|---|
 * | `exec CMD …` | must end with 0 |
 * | `! exec CMD …` | must end with anything else; `exit N` says with what |
 * | `exit N` | the code of the last command |
 * | `stdout RE`, `stderr RE`, `! stdout RE` | what the last command said, as a multi-line expression |
 * | `stdin FILE`, `stdin stdout` | what the next command reads |
 * | `env NAME=VALUE`, `unset NAME` | for the commands that follow |
 * | `save NAME` | the last stdout, without its line end, as a variable |
 * | `write FILE TEXT`, `chmod MODE FILE`, `remove FILE` | files |
 * | `exists FILE`, `! exists FILE` | |
 * | `same A B` | two files or `stdout` are equal |
 * | `type RE TEXT` | on the terminal of the next `tty`: when RE appears, TEXT and Enter are typed |
 * | `tty CMD …`, `! tty CMD …` | like `exec`, on a terminal of its own, whose screen is stdout |
 */
import { type ChildProcess, spawn } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { assert } from "vitest"

export interface Place {
  readonly directory: string
  readonly env: Readonly<Record<string, string>>
}

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

interface Typed {
  readonly when: RegExp
  readonly text: string
}

/** Runs a script to its end; the first line that does not hold fails the test and is named. */
export const run = async (path: string, place: Place): Promise<void> => {
  const { files, lines } = parse(Fs.readFileSync(path, "utf8"))
  for (const [name, text] of files) Fs.writeFileSync(Path.join(place.directory, name), text, { mode: 0o600 })
  const session = new Session(place)
  for (const { number, text } of lines) {
    try {
      await session.line(text)
    } catch (cause) {
      const told =
        session.last === undefined ? "" : `\n[stdout]\n${session.last.stdout}[stderr]\n${session.last.stderr}`
      throw new Error(`${Path.basename(path)}:${number}: ${text}${told}`, { cause })
    }
  }
}

const parse = (text: string) => {
  const [script = "", ...rest] = text.split(/^(?=-- \S+ --$)/mu)
  const files = rest.map((part): readonly [string, string] => {
    const [, name = "", content = ""] = /^-- (\S+) --\n([^]*)$/u.exec(part) ?? []
    return [name, content]
  })
  const lines = script
    .split("\n")
    .map((line, index) => ({ number: index + 1, text: line.trim() }))
    .filter(({ text: line }) => line !== "" && !line.startsWith("#"))
  return { files, lines }
}

class Session {
  last: Ended | undefined = undefined
  readonly #place: Place
  readonly #env: Map<string, string>
  #stdin: string | undefined = undefined
  #typed: Array<Typed> = []

  constructor(place: Place) {
    this.#place = place
    this.#env = new Map(Object.entries({ ...place.env, WORK: place.directory }))
  }

  async line(text: string): Promise<void> {
    const [first = "", ...others] = this.#words(text)
    const negated = first === "!"
    const [verb = "", ...args] = negated ? others : [first, ...others]
    const [one = "", two = ""] = args
    switch (verb) {
      case "exec":
      case "tty": {
        this.last = await this.#execute(args, verb === "tty")
        if (negated) assert.notStrictEqual(this.last.code, 0, "it succeeded")
        else assert.strictEqual(this.last.code, 0, "it failed")
        return
      }
      case "exit":
        return assert.strictEqual(this.#said.code, Number(one))
      case "stdout":
      case "stderr":
        return negated
          ? assert.notMatch(this.#said[verb], new RegExp(one, "mu"))
          : assert.match(this.#said[verb], new RegExp(one, "mu"))
      case "stdin":
        this.#stdin = this.#content(one)
        return
      case "env": {
        const [, name = "", value = ""] = /^([^=]+)=([^]*)$/u.exec(one) ?? []
        this.#env.set(name, value)
        return
      }
      case "unset":
        this.#env.delete(one)
        return
      case "save":
        this.#env.set(one, this.#said.stdout.replace(/\n$/u, ""))
        return
      case "write":
        return Fs.writeFileSync(this.#path(one), `${two}\n`, { mode: 0o600 })
      case "chmod":
        return Fs.chmodSync(this.#path(two), Number.parseInt(one, 8))
      case "remove":
        return Fs.rmSync(this.#path(one), { recursive: true })
      case "exists":
        return assert.strictEqual(Fs.existsSync(this.#path(one)), !negated)
      case "same":
        return assert.strictEqual(this.#content(one), this.#content(two))
      case "type":
        this.#typed.push({ when: new RegExp(one, "u"), text: two })
        return
      default:
        throw new Error(`no such line: ${verb}`)
    }
  }

  get #said(): Ended {
    if (this.last === undefined) throw new Error("nothing has run yet")
    return this.last
  }

  #path(name: string): string {
    return Path.resolve(this.#place.directory, name)
  }

  #content(name: string): string {
    return name === "stdout" ? this.#said.stdout : Fs.readFileSync(this.#path(name), "utf8")
  }

  #words(line: string): ReadonlyArray<string> {
    return Array.from(line.matchAll(/(?:'[^']*'|[^\s'])+/gu), ([word]) =>
      word.replaceAll(/'([^']*)'|\$(\w+)/gu, (_, quoted: string | undefined, name: string) =>
        quoted === undefined ? (this.#env.get(name) ?? "") : quoted
      )
    )
  }

  #execute([program = "", ...args]: ReadonlyArray<string>, onTerminal: boolean): Promise<Ended> {
    const env = Object.fromEntries(this.#env)
    const options = { cwd: this.#place.directory, env }
    const input = this.#stdin
    const typed = this.#typed
    this.#stdin = undefined
    this.#typed = []
    // setsid, so that no command finds the terminal of whoever runs the tests.
    const child = onTerminal
      ? spawn("script", ["-qefc", [program, ...args].map(quote).join(" "), "/dev/null"], options)
      : spawn(program, args, { ...options, detached: true })
    return watch(child, input, typed)
  }
}

const quote = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`

const watch = (child: ChildProcess, input: string | undefined, typed: Array<Typed>): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const said = { stdout: "", stderr: "" }
    let seen = 0
    const answer = () => {
      const found = typed[0]?.when.exec(said.stdout.slice(seen))
      if (found === undefined || found === null) return
      seen += found.index + found[0].length
      // A moment later: what is typed before the question is asked is thrown away.
      const { text } = typed.shift() ?? { text: "" }
      setTimeout(() => child.stdin?.write(`${text}\r`), 150)
    }
    for (const name of ["stdout", "stderr"] as const) {
      child[name]?.setEncoding("utf8").on("data", (text: string) => {
        said[name] += text.replaceAll("\r\n", "\n")
        if (name === "stdout") answer()
      })
    }
    child.on("error", reject)
    // What a line was before it was cleared, nobody sees on a screen.
    const screen = (text: string) => text.replaceAll(/^[^\n]*\u001b\[K/gmu, "")
    child.on("close", (code) => resolve({ code: code ?? 1, stdout: screen(said.stdout), stderr: said.stderr }))
    child.stdin?.on("error", () => {})
    // A terminal's input ends with its last answer, not before.
    if (typed.length === 0) child.stdin?.end(input)
  })
