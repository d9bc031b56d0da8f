import { type RouteMeta, metaOf } from "../../src/http/route-meta"

export type RegisteredRoute = { name: string; method: string; path: string; demand: RouteMeta }

/**
 * The routes of a router, each with all that its middleware demands. Hono lists every handler of a chain by itself.
 * Throws where middleware for many paths demands something, since no route would be said to demand it.
 */
export function registeredRoutes(routes: { method: string; path: string; handler: object }[]): RegisteredRoute[] {
  const found = new Map<string, RegisteredRoute>()
  for (const { method, path, handler } of routes) {
    const demand = metaOf(handler)
    if (method === "ALL") {
      if (Object.keys(demand).length > 0) throw new Error(`what ${path} demands belongs to its routes, one by one`)
      continue
    }
    const name = `${method} ${path}`
    found.set(name, { name, method, path, demand: { ...found.get(name)?.demand, ...demand } })
  }
  return [...found.values()]
}
