import { type RouteMeta, metaOf } from "../../src/http/route-meta"

export type RegisteredRoute = { name: string; method: string; path: string; meta: RouteMeta }

/**
 * The routes of a router, each with the merged metadata of its middleware. Hono lists each handler of a chain on its own.
 * Throws if middleware for all methods has metadata, since that would be missing from the routes.
 */
export function registeredRoutes(routes: { method: string; path: string; handler: object }[]): RegisteredRoute[] {
  const byName = new Map<string, RegisteredRoute>()
  for (const { method, path, handler } of routes) {
    const meta = metaOf(handler)
    if (method === "ALL") {
      if (Object.keys(meta).length > 0) throw new Error(`metadata of the middleware for ${path} belongs to its routes`)
      continue
    }
    const name = `${method} ${path}`
    byName.set(name, { name, method, path, meta: { ...byName.get(name)?.meta, ...meta } })
  }
  return [...byName.values()]
}
