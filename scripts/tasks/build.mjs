// Compiles every published package into its `dist`, and bundles the command-line tool.
import { run } from "../setup.mjs"

process.exit(run("tsc", ["-b"]) || run("pnpm", ["exec", "turbo", "run", "bundle"]))
