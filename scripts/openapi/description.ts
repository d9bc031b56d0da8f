import { app } from "../../src/app"
import { documentOf } from "./document"
import { ROOMS } from "./tags"

/** The description of this service's API. */
export const description = ({ version }: { version: string }) => documentOf(app.routes, ROOMS, { version })
