import type { Config } from "../../runtime/config"

/** The origins of our own pages: only these become links in what the service itself says. */
export const ownOrigins = ({ FRONTEND_URL, PUBLIC_URL }: Config): string[] =>
  [FRONTEND_URL, PUBLIC_URL].filter((url) => url !== undefined)

/** Platform admins also get links to the tools that they run. */
export const platformOrigins = (config: Config): string[] =>
  [...ownOrigins(config), config.PREFECT_UI_URL, config.PREFECT_API_URL, config.AIRBYTE_URL].filter(
    (url) => url !== undefined,
  )
