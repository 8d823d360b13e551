/** Text in the words of a shell: values and words are quoted whole, so that nothing in them is read as syntax. */

export const shells = ["sh", "fish", "pwsh", "json"] as const
export type Shell = (typeof shells)[number]

export const assign = (shell: Shell, variables: Readonly<Record<string, string>>): string => {
  if (shell === "json") return JSON.stringify(variables)
  return Object.entries(variables)
    .map(([name, value]) => assignment[shell](name, value))
    .join("\n")
}

const assignment: Readonly<Record<Exclude<Shell, "json">, (name: string, value: string) => string>> = {
  sh: (name, value) => `export ${name}=${quoted(value)}`,
  fish: (name, value) => `set -gx ${name} '${value.replaceAll(/[\\']/gu, String.raw`\$&`)}'`,
  // PowerShell also takes typographic quotes for single quotes; each stands doubled.
  pwsh: (name, value) => `$env:${name} = '${value.replaceAll(/['\u2018\u2019\u201a\u201b]/gu, "$&$&")}'`
}

// Between single quotes nothing is special; the quote itself ends them, stands escaped, and begins them again.
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`

/** One word of a POSIX shell, quoted only where it must be. */
export const word = (text: string): string => (/^[\w./:=@%+-]+$/u.test(text) ? text : quoted(text))
