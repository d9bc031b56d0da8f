import { createServer } from "node:http"
import { HOST } from "./addresses.mjs"

class BodyTooLargeError extends Error {}

async function readBody(request, maxBytes) {
  const chunks = []
  let size = 0
  // Do not destroy the request when the body is too large: the answer still has to be sent.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length
    if (size > maxBytes) throw new BodyTooLargeError()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString("utf8")
}

/** A response with a JSON body. */
export const json = (value, status = 200, headers = {}) => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(value),
})

/** The JSON object in a body, or undefined if the body is anything else. */
export function parseObject(body) {
  try {
    const value = JSON.parse(body)
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

/**
 * Listens on the loopback address only. `handle({method, path, query, headers, body})` returns `{status, headers, body}`,
 * or a promise of it.
 * @returns {Promise<{port: number, close: () => Promise<void>}>} resolves once the server listens
 */
export function serve({ port, maxBytes, handle }) {
  const server = createServer(async (request, response) => {
    try {
      const { pathname, searchParams } = new URL(request.url ?? "/", `http://${HOST}`)
      const path = pathname.length > 1 ? pathname.replace(/\/+$/, "") : pathname
      const body = await readBody(request, maxBytes)
      const answer = await handle({ method: request.method, path, query: searchParams, headers: request.headers, body })
      response.writeHead(answer.status, { "cache-control": "no-store", ...answer.headers }).end(answer.body)
    } catch (error) {
      if (response.headersSent || response.destroyed) return response.destroy()
      request.resume()
      const { status, body } =
        error instanceof BodyTooLargeError ? json({ detail: "too large" }, 413) : json({ detail: "error" }, 500)
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
