import { type Demand, demandOf } from "../../src/http/route-meta"

export type Registered = { name: string; method: string; path: string; demand: Demand }

/**
 * The routes of a router, each with all that its middleware demands. Hono lists every handler of a chain by itself.
 * Throws where middleware for many paths demands something, since no route would be said to demand it.
 */
export function registered(routes: { method: string; path: string; handler: object }[]): Registered[] {
  const found = new Map<string, Registered>()
  for (const { method, path, handler } of routes) {
    const demand = demandOf(handler)
    if (method === "ALL") {
      if (Object.keys(demand).length > 0) throw new Error(`what ${path} demands belongs to its routes, one by one`)
      continue
    }
    const name = `${method} ${path}`
    found.set(name, { name, method, path, demand: { ...found.get(name)?.demand, ...demand } })
  }
  return [...found.values()]
}
