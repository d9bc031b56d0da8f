import type { Device } from "./devices"

/** Push services of browsers. They take every message, unless `fail` returns another answer for an endpoint. */
export function fakePushServices(fail?: (endpoint: string) => Response | undefined) {
  const pushes: Request[] = []
  const handler = (request: Request) => {
    if (!/\.(googleapis|mozilla|apple|windows)\.com\//.test(request.url)) return undefined
    const failure = fail?.(request.url)
    if (failure) return failure
    pushes.push(request)
    return new Response(null, { status: 201 })
  }
  const to = ({ subscription }: Device) => pushes.filter(({ url }) => url === subscription.endpoint)
  return { pushes, to, handler }
}
