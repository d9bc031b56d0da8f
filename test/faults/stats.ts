import type { World } from "./world"

type Figures = Record<string, number>

/** Numbers of a run, by what they are about; they are added up, and printed as one table. */
export class Tally {
  private readonly rows = new Map<string, Figures>()

  add(about: string, figures: Figures): void {
    const row = this.rows.get(about) ?? {}
    for (const [name, value] of Object.entries(figures)) row[name] = (row[name] ?? 0) + value
    this.rows.set(about, row)
  }

  /** With a line for all of them at the end if they are of one kind, else by name. */
  print(title: string, { isSum = true } = {}): void {
    const each = [...this.rows.values()]
    if (isSum) for (const row of each) this.add("all", row)
    const rows = isSum ? [...this.rows] : [...this.rows].toSorted(([a], [b]) => (a < b ? -1 : 1))
    const names = [...new Set(each.flatMap(Object.keys))]
    const lines = [
      [title, ...names],
      ...rows.map(([about, row]) => [about, ...names.map((name) => String(row[name] ?? "-"))]),
    ]
    const widths = [title, ...names].map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)))
    const padded = lines.map((line) =>
      line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  "),
    )
    console.log(padded.join("\n"))
  }
}

/** Of the mails of a world: those that went out, and those that did so once more than they should. */
export function mailFigures({ post }: World): { mails: number; doubled: number } {
  const mails = new Set(post.taken.map(({ key }) => key)).size
  return { mails, doubled: post.taken.length - mails }
}
