import { rm, writeFile } from "node:fs/promises"

/**
 * Writes every row that was skipped, or imported with a note, into `<dump>.rows.txt`, one a line. Returns the path, or
 * undefined if there is none.
 */
export async function writeRowList(dumpPath, { skipped, warnings }) {
  const path = `${dumpPath}.rows.txt`
  const linesOf = (result, issues) =>
    issues.flatMap(({ model, reason, pks }) => pks.map((pk) => `${result}\t${model}\t${pk}\t${reason}\n`))
  const lines = [...linesOf("skipped", skipped), ...linesOf("noted", warnings)]
  if (lines.length === 0) {
    await rm(path, { force: true })
    return undefined
  }
  await writeFile(path, lines)
  return path
}
