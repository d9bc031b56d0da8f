const number = new Intl.NumberFormat("en")

/** Aligns the first column to the left and the others, which are numbers, to the right. */
function table(header, lines) {
  const cells = [
    header,
    ...lines.map((line) => line.map((cell) => (typeof cell === "number" ? number.format(cell) : cell))),
  ]
  const widths = header.map((_, column) => Math.max(...cells.map((line) => line[column].length)))
  const padded = (line) =>
    line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join("  ")
  return cells.map(padded).join("\n")
}

function issueLines(heading, issues) {
  if (issues.length === 0) return []
  const line = ({ model, reason, count, examples }) => {
    const more = count > examples.length ? ", …" : ""
    return `  ${number.format(count)} × ${model}: ${reason} (${examples.join(", ")}${more})`
  }
  return [`${heading}\n${issues.map(line).join("\n")}`]
}

/** Accounts for each row of the dump: imported, already in the database, or skipped with a reason. */
export function formatReport({ dump, outcome, skipped, warnings, options, listPath }) {
  const skippedCount = (model) =>
    skipped.filter((each) => each.model === model).reduce((sum, each) => sum + each.count, 0)
  const lines = Object.entries(dump.counts).map(([model, count]) => [
    model,
    count,
    outcome.imported[model] ?? 0,
    outcome.existing[model] ?? 0,
    skippedCount(model),
  ])
  const ignored = Array.from(dump.ignored, ([model, count]) => `${model} ${number.format(count)}`)
  return [
    table(["model", "in dump", options.isDryRun ? "to import" : "imported", "existing", "skipped"], lines),
    ...issueLines("Skipped (pks of up to five rows in brackets):", skipped),
    ...issueLines("Imported, but note:", warnings),
    ...(ignored.length > 0 ? [`Models that this service does not need: ${ignored.join(", ")}.`] : []),
    ...(listPath ? [`Each of these rows: ${listPath}`] : []),
    ...(dump.isCut ? ["The dump ends in the middle: it is incomplete. Dump again, and run the import again."] : []),
    ...(options.isDryRun ? ["Dry run: nothing was written."] : []),
  ].join("\n\n")
}

/** Whether the database now has every row of the dump, as `{text, isEqual}`. */
export function formatComparison(counts) {
  const unequal = counts.filter(({ dump, same, newer }) => same + newer !== dump)
  const lines = counts.map(({ label, dump, same, newer }) => [label, dump, same, newer])
  const names = unequal.map(({ label }) => label).join("; ")
  const text = [
    table(["comparison", "in dump", "same here", "newer here"], lines),
    unequal.length === 0
      ? "The counts agree: no row was lost."
      : `The counts differ: ${names}. Run the same command again. It changes no existing row. If they still differ, investigate.`,
  ].join("\n\n")
  return { text, isEqual: unequal.length === 0 }
}
