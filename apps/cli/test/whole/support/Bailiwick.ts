/** Starts the built command as a process of its own, without a terminal, in an environment that holds nothing else. */
import { type ChildProcess, spawn, type StdioOptions } from "node:child_process"
import { assert } from "vitest"

export interface Ended {
  /** Null where a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Options {
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly input?: string | Uint8Array
  /** Leaves the input open for whoever starts it. */
  readonly open?: true
  /** Open descriptors of the child from 3 on. */
  readonly fds?: ReadonlyArray<number>
}

export interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

export const start = (program: string, args: ReadonlyArray<string>, options: Options): Started => {
  const stdio: StdioOptions = [
    options.input === undefined && options.open === undefined ? "ignore" : "pipe",
    "pipe",
    "pipe",
    ...(options.fds ?? [])
  ]
  // In a session of its own (setsid): whoever runs the tests has a terminal, and no test may depend on it.
  const child = spawn(program, args, { cwd: options.cwd, env: { ...options.env }, stdio, detached: true })
  const texts = { stdout: "", stderr: "" }
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (text: string) => {
      texts[name] += text
    })
  }
  // A command that refuses before it reads closes the pipe.
  child.stdin?.on("error", () => {})
  if (options.open === undefined) child.stdin?.end(options.input)
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject)
    child.on("close", (code, signal) => resolve({ code, signal, ...texts }))
  })
  return { child, ended }
}

/** Fails the test, with all that was said, unless the command did what was asked. */
export const succeeded = (ended: Ended, what: string): string => {
  assert.strictEqual(ended.code, 0, `${what} ended with ${ended.code ?? ended.signal}:\n${ended.stderr}${ended.stdout}`)
  return ended.stdout
}

export interface Refusal {
  readonly exit: number
  readonly message: RegExp
  readonly hint?: RegExp
}

/** Nothing on stdout; on stderr exactly one line that says what is wrong, and one that says what to do about it. */
export const refused = ({ code, stderr, stdout }: Ended, { exit, hint = /./u, message }: Refusal): void => {
  const [said = "", advice = "", ...more] = stderr.replace(/\n$/u, "").split("\n")
  assert.match(said, /^bailiwick: \S/u, stderr)
  assert.match(said, message)
  assert.match(advice, /^hint: \S/u, `no hint behind: ${stderr}`)
  assert.match(advice, hint)
  assert.deepStrictEqual(more, [], "more than one line and its hint")
  assert.strictEqual(stdout, "")
  assert.strictEqual(code, exit, stderr)
}
