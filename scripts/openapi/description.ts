import { app } from "../../src/app"
import { buildDocument } from "./document"
import { TAGS } from "./tags"

/** The description of this service's API. */
export const description = ({ version }: { version: string }) => buildDocument(app.routes, TAGS, { version })
