import { fakeFetch, type Handler } from "./fake-fetch"
import { workerWithEnv } from "./worker-with-env"

const PLATFORM = "https://platform.dalgo.test"

/** The worker, connected to Dalgo's backend. */
export const connected = workerWithEnv({ PLATFORM_ORIGIN: PLATFORM })

/** An entry of `GET /api/currentuserv2`: one organisation of the person who asks, as Dalgo's backend shows it. */
export const platformEntry = (userId: number | string, slug: string, change: object = {}) => ({
  user_id: userId,
  email: `person${userId}@${slug}.test`,
  org: { slug, name: `The ${slug} Trust`, viz_url: null, viz_login_type: null, type: "subscription" },
  active: true,
  new_role_slug: "analyst",
  permissions: ["can_view_dashboard"],
  wtype: "postgres",
  is_demo: false,
  ...change,
})

/** Answers `GET /api/currentuserv2`. */
export const platformHandler =
  (answer: (request: Request) => unknown): Handler =>
  async (request) => {
    if (request.url !== `${PLATFORM}/api/currentuserv2`) return undefined
    const given = await answer(request)
    return given instanceof Response ? given : Response.json(given)
  }

export const fakePlatform = (answer: (request: Request) => unknown) => fakeFetch(platformHandler(answer))
