const number = new Intl.NumberFormat("en")

/** Columns, the first to the left and the others, which are numbers, to the right. */
function table(heads, lines) {
  const cells = [
    heads,
    ...lines.map((line) => line.map((cell) => (typeof cell === "number" ? number.format(cell) : cell))),
  ]
  const widths = heads.map((_, column) => Math.max(...cells.map((line) => line[column].length)))
  const padded = (line) =>
    line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join("  ")
  return cells.map(padded).join("\n")
}

function listed(heading, remarks) {
  if (remarks.length === 0) return []
  const line = ({ model, reason, count, examples }) => {
    const more = count > examples.length ? ", …" : ""
    return `  ${number.format(count)} × ${model} ${reason} (${examples.join(", ")}${more})`
  }
  return [`${heading}\n${remarks.map(line).join("\n")}`]
}

/** What became of each row of the dump. */
export function describe({ dump, outcome, skipped, notes, options }) {
  const skippedOf = (model) => skipped.filter((each) => each.model === model).reduce((sum, each) => sum + each.count, 0)
  const lines = Object.entries(dump.counts).map(([model, count]) => [
    model,
    count,
    outcome.taken[model] ?? 0,
    outcome.there[model] ?? 0,
    skippedOf(model),
  ])
  const ignored = Array.from(dump.ignored, ([model, count]) => `${model} ${number.format(count)}`)
  return [
    table(["model", "in the dump", options.isDryRun ? "to take" : "taken", "already there", "skipped"], lines),
    ...listed("Skipped:", skipped),
    ...listed("Taken, but:", notes),
    ...(ignored.length > 0 ? [`Not for this service: ${ignored.join(", ")}.`] : []),
    ...(options.isDryRun ? ["Nothing was written."] : []),
  ].join("\n\n")
}

/** Whether as much is there as the dump has. */
export function verdict(counts) {
  const uneven = counts.filter(({ dump, same, newer }) => same + newer !== dump)
  const lines = counts.map(({ label, dump, same, newer }) => [label, dump, same, newer])
  const names = uneven.map(({ label }) => label).join("; ")
  const text = [
    table(["counts before and after", "in the dump", "the same here", "newer here"], lines),
    uneven.length === 0
      ? "They agree: no row was lost."
      : `They differ: ${names}. Run it again, which does no harm, and look into it if they still do.`,
  ].join("\n\n")
  return { text, isEven: uneven.length === 0 }
}
