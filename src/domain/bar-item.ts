import type { Category } from "./categories"

/** An entry of the urgent bar, as it goes over the wire. `timestamp` is ISO 8601 in UTC. */
export type BarItem = {
  id: number
  author: string
  message: string
  category: Category
  timestamp: string
  urgent: true
  read_status: false
}
