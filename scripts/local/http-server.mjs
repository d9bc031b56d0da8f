import { createServer } from "node:http"
import { HOST } from "./addresses.mjs"

class TooLarge extends Error {}

async function bodyOf(request, maxBytes) {
  const chunks = []
  let size = 0
  // Left open where the body is too large, so that the answer can still be sent.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length
    if (size > maxBytes) throw new TooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString("utf8")
}

/** An answer in JSON. */
export const json = (value, status = 200, headers = {}) => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(value),
})

/** The JSON object in a body, or undefined where it holds something else. */
export function objectIn(body) {
  try {
    const value = JSON.parse(body)
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

/**
 * Serves this machine only. `handle({method, path, query, headers, body})` returns `{status, headers, body}`.
 * @returns {Promise<{port: number, close: () => Promise<void>}>} once it listens
 */
export function serve({ port, maxBytes, handle }) {
  const server = createServer(async (request, response) => {
    try {
      const { pathname, searchParams } = new URL(request.url ?? "/", `http://${HOST}`)
      const path = pathname.length > 1 ? pathname.replace(/\/+$/, "") : pathname
      const body = await bodyOf(request, maxBytes)
      const answer = handle({ method: request.method, path, query: searchParams, headers: request.headers, body })
      response.writeHead(answer.status, { "cache-control": "no-store", ...answer.headers }).end(answer.body)
    } catch (error) {
      if (response.headersSent || response.destroyed) return response.destroy()
      request.resume()
      const { status, body } =
        error instanceof TooLarge ? json({ detail: "too large" }, 413) : json({ detail: "error" }, 500)
      response.writeHead(status, { "content-type": "application/json", connection: "close" }).end(body)
      if (status === 500) console.error(error)
    }
  })
  const close = () =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return new Promise((resolve, reject) => {
    server.once("error", reject)
    server.listen({ port, host: HOST, exclusive: true }, () => resolve({ port: server.address().port, close }))
  })
}
