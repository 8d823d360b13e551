// Every test of every room, closed by one line that counts them. Arguments go to vitest.
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { run } from "../setup.mjs"

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
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, success } = JSON.parse(
    readFileSync(report, "utf8")
  )
  if (numPassedTests === 0) {
    console.error("test: no test ran")
    status ||= 1
  }
  if (!success) status ||= 1
  console.log(`${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests + numTodoTests} skipped`)
} catch {
  console.error("test: the runner wrote no report")
  status ||= 1
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
process.exit(status)
