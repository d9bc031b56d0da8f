import { vi } from "vitest"

/** Answers a request to one service; `undefined` if the request is for another one. */
export type Handler = (request: Request) => Response | undefined | Promise<Response | undefined>

/** Replaces `fetch`. A request that no handler answers fails like one to an unreachable host. */
export function fakeFetch(...handlers: Handler[]) {
  const requests: Request[] = []
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input, init)
    requests.push(request.clone())
    for (const handler of handlers) {
      const response = await handler(request.clone())
      if (response) return response
    }
    throw new TypeError("network unreachable")
  })
  return { requests }
}
