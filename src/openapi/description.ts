import { app } from "../app"
import { documentOf } from "./document"
import { ROOMS } from "./rooms"

/** The description of this service's API. */
export const description = ({ version }: { version: string }) => documentOf(app.routes, ROOMS, { version })
