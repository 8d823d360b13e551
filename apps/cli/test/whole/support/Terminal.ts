/** A controlling terminal of its own for one command line, by util-linux's `script`: Node itself has no pseudo-terminals. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Bailiwick from "./Bailiwick.ts"
import type { Options, World } from "./World.ts"

let terminals = 0

export interface Started extends Bailiwick.Started {
  /** Of the command inside, once it runs. */
  readonly pid: () => number | undefined
}

const quote = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`

/** The command as a word of a shell, for lines that run it several times on one terminal. */
export const command = (world: World): string => `${quote(process.execPath)} ${quote(world.entry)}`

/** Runs a shell's line on a new terminal; what it prints comes out together, as a person would see it. */
export const start = (world: World, line: string, { cwd = world.home, env, ...options }: Options = {}): Started => {
  const pidFile = Path.join(world.home, `.terminal-${terminals++}`)
  const script = ["--quiet", "--flush", "--return", "--command", `echo $$ > ${quote(pidFile)}; ${line}`, "/dev/null"]
  const started = Bailiwick.start("script", script, {
    ...options,
    cwd,
    env: { SHELL: "/bin/sh", ...world.env, ...env }
  })
  const pid = () => {
    const text = Fs.existsSync(pidFile) ? Fs.readFileSync(pidFile, "utf8") : ""
    return text.endsWith("\n") ? Number(text) : undefined
  }
  return { ...started, pid }
}

/** One command alone on a terminal. */
export const bailiwick = (world: World, args: ReadonlyArray<string>, options: Options = {}): Started =>
  start(world, `exec ${command(world)} ${args.map(quote).join(" ")}`, options)

/** One command alone on a terminal, whose question is answered once it is asked: what is typed ahead is thrown away. */
export const answering = (
  world: World,
  args: ReadonlyArray<string>,
  { answer, prompt, ...options }: Options & { readonly prompt: string; readonly answer: string }
): Promise<Bailiwick.Ended> => {
  const { child, ended } = bailiwick(world, args, { ...options, open: true })
  child.stdout?.on("data", (text: string) => {
    if (text.includes(prompt)) child.stdin?.end(`${answer}\n`)
  })
  return ended
}
