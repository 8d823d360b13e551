// Every test of every room, closed by one line that counts them. Arguments go to vitest.
// A row of docs/seeds.md whose test did not run and pass fails the task: of a run with arguments, the rows of its files.
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parse, unproven } from "../../tooling/testkit/src/SeedRows.ts"
import { root, run } from "../setup.mjs"

const scratch = mkdtempSync(join(tmpdir(), "bailiwick-test-"))
const report = join(scratch, "report.json")
let status = run("vitest", [
  "run",
  "--reporter=dot",
  "--reporter=json",
  `--outputFile.json=${report}`,
  ...process.argv.slice(2)
])
try {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, success, testResults } = JSON.parse(
    readFileSync(report, "utf8")
  )
  if (numPassedTests === 0) {
    console.error("test: no test ran")
    status ||= 1
  }
  if (!success) status ||= 1
  const rows = parse(readFileSync(join(root, "docs", "seeds.md"), "utf8"))
  for (const why of unproven(rows, testResults, process.argv.length === 2)) {
    console.error(`test: docs/seeds.md, ${why}`)
    status ||= 1
  }
  console.log(`${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests + numTodoTests} skipped`)
} catch (cause) {
  console.error(`test: the report of the run could not be read: ${cause.message}`)
  status ||= 1
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
process.exit(status)
