// Prints this machine's figures beside the marks; nothing here passes or fails on time.
import { run } from "../setup.mjs"

process.exit(run("pnpm", ["--filter", "@bailiwick/bench", "run", "bench"]))
