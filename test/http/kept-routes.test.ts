import { expect, it } from "vitest"
import { isKeptRoute } from "../../src/http/kept-routes"
import { REGISTERED_ROUTES } from "../support/openapi-document"

const takingJson = REGISTERED_ROUTES.filter(({ path, meta }) => meta.body && path.startsWith("/api/"))
const namesOf = (routes: typeof takingJson) => routes.map(({ name }) => name).toSorted()

it("takes JSON as text exactly on the routes that were kept from Dalgo", () => {
  const kept = takingJson.filter(({ path }) => isKeptRoute(path))
  expect(namesOf(takingJson.filter(({ meta }) => meta.takesText))).toEqual(namesOf(kept))
  expect(kept.length).toBeGreaterThan(3)
})
