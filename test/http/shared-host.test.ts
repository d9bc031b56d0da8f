import { describe, expect, it } from "vitest"
import operations from "../../docs/operations.md?raw"
import { REGISTERED_ROUTES } from "../support/openapi-document"

// Where Dalgo's web app has one backend URL, docs/operations.md says which paths of its host reach this worker.

const section = operations.slice(operations.indexOf("### Addresses"), operations.indexOf("### Plans"))
const matchesOf = (pattern: RegExp) => Array.from(section.matchAll(pattern), ([, match = ""]) => match)
const prefixes = matchesOf(/"api\.example\.org(\/[^"*]+)\*"/g)
const location = new RegExp(matchesOf(/^location ~ (\S+) \{$/gm)[0] ?? "not found")
const ownPaths = matchesOf(/^\| (`\/.*?`) \|/gm).flatMap((cell) => cell.replaceAll("`", "").split(", "))

const isShared = (path: string) => prefixes.some((prefix) => path.startsWith(prefix))
const isOwn = (path: string) => ownPaths.some((each) => path === each || path.startsWith(`${each}/`))
const paths = [...new Set(REGISTERED_ROUTES.map(({ path }) => path))]

describe("a host that the worker shares with Dalgo's backend", () => {
  it.each(paths)("has every route, or the documentation says that it is called elsewhere: %s", (path) => {
    expect([isShared(path), isOwn(path)].filter(Boolean)).toHaveLength(1)
  })

  it.each(paths)("has the same routes behind nginx: %s", (path) => {
    for (const each of [path, `${path}/`]) expect(location.test(each)).toBe(isShared(path))
  })

  it.each([
    "/api/notifications/v1",
    "/api/notifications/unread_count",
    "/api/notifications/mark_all_as_read",
    "/api/userpreferences/",
    "/api/userpreferences/trial-walkthrough",
    "/api/orgpreferences/enable-discord-notifications",
    "/api/orgpreferences/org-plan/upgrade",
    "/wss/notifications",
  ])("has what the web app calls: %s", (path) => {
    expect([isShared(path), location.test(path)]).toEqual([true, true])
  })

  it.each([
    "/api/currentuserv2",
    "/api/organizations/users",
    "/api/prefect/v1/flow_runs",
    "/webhooks/v1/airbyte_job",
    "/wss/data_insights",
    "/",
  ])("leaves Dalgo's backend its own: %s", (path) => {
    expect([isShared(path), isOwn(path), location.test(path)]).toEqual([false, path.startsWith("/webhooks"), false])
  })
})
