/** The same result, or an error named `TimeoutError` after `ms`. The work goes on, and its late result is ignored. */
export async function withTimeLimit<T>(ms: number, work: Promise<T>): Promise<T> {
  const timeout = Promise.withResolvers<never>()
  const timer = setTimeout(() => timeout.reject(new DOMException(`took longer than ${ms} ms`, "TimeoutError")), ms)
  try {
    return await Promise.race([work, timeout.promise])
  } finally {
    clearTimeout(timer)
  }
}
