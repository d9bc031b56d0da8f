import { dirname } from "node:path"

/**
 * Circles among `{ from, to }` imports, each as a text. In each folder, its files and its sub-folders (with all that is
 * below them) must form no circle. So a folder's own files may stand both above and below a sub-folder: `consumer.ts`
 * may import `channels/`, and `channels/` may import `retry.ts`, as long as `retry.ts` does not lead to `consumer.ts`.
 */
export function findCircles(imports) {
  const folders = Map.groupBy(imports.filter(({ from, to }) => from !== to).map(inCommonFolder), ({ folder }) => folder)
  return [...folders.values()].flatMap((arrows) => circlesOf(arrows).map(describe))
}

/** The import as an arrow between two entries of the deepest folder that holds both files. */
function inCommonFolder({ from, to, line }) {
  let folder = dirname(from)
  while (folder !== "." && !to.startsWith(`${folder}/`)) folder = dirname(folder)
  const entryOf = (path) => {
    const prefix = folder === "." ? "" : `${folder}/`
    return prefix + path.slice(prefix.length).split("/")[0]
  }
  return { folder, source: entryOf(from), target: entryOf(to), from, to, line }
}

/** A shortest circle through each entry that is in one, except for entries of a circle that was found before. */
function circlesOf(arrows) {
  const bySource = Map.groupBy(arrows, ({ source }) => source)
  const seen = new Set()
  const circles = []
  for (const start of bySource.keys()) {
    if (seen.has(start)) continue
    const circle = shortestCircle(start, bySource)
    if (!circle) continue
    for (const { source } of circle) seen.add(source)
    circles.push(circle)
  }
  return circles
}

function shortestCircle(start, bySource) {
  const paths = [[start, []]]
  const visited = new Set()
  for (const [entry, path] of paths)
    for (const arrow of bySource.get(entry) ?? []) {
      if (arrow.target === start) return [...path, arrow]
      if (visited.has(arrow.target)) continue
      visited.add(arrow.target)
      paths.push([arrow.target, [...path, arrow]])
    }
  return undefined
}

const describe = (circle) => circle.map(({ from, to, line }) => `src/${from}:${line} → src/${to}`).join(", ")
