import type { World } from "./world"

type Stats = Record<string, number>

/** Sums numbers by subject, and prints them as one table. */
export class StatsTable {
  private readonly rows = new Map<string, Stats>()

  add(subject: string, stats: Stats): void {
    const row = this.rows.get(subject) ?? {}
    for (const [name, value] of Object.entries(stats)) row[name] = (row[name] ?? 0) + value
    this.rows.set(subject, row)
  }

  /** `hasTotal` adds a line with the sum of all subjects; without it the lines are sorted by subject. */
  print(title: string, { hasTotal = true } = {}): void {
    const each = [...this.rows.values()]
    if (hasTotal) for (const row of each) this.add("all", row)
    const rows = hasTotal ? [...this.rows] : [...this.rows].toSorted(([a], [b]) => (a < b ? -1 : 1))
    const names = [...new Set(each.flatMap(Object.keys))]
    const lines = [
      [title, ...names],
      ...rows.map(([subject, row]) => [subject, ...names.map((name) => String(row[name] ?? "-"))]),
    ]
    const widths = [title, ...names].map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)))
    const padded = lines.map((line) =>
      line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  "),
    )
    console.log(padded.join("\n"))
  }
}

/** `emails`: different emails that SES accepted; `repeated`: how many more it accepted. */
export function emailStats({ ses }: World): { emails: number; repeated: number } {
  const emails = new Set(ses.accepted.map(({ key }) => key)).size
  return { emails, repeated: ses.accepted.length - emails }
}
