/** The result of this work and how long it took, in milliseconds. */
export async function timed(work) {
  const startedAt = performance.now()
  const result = await work()
  return { result, ms: performance.now() - startedAt }
}

/** The median and the longest of these times, for the table. */
export function summary(times) {
  const sorted = times.toSorted((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)]
  return `${format(median)} (longest ${format(sorted.at(-1))})`
}

export const format = (ms) => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
