import { app } from "../../src/app"
import { buildDocument } from "./document"
import { TAGS } from "./tags"

export const description = ({ version }: { version: string }) => buildDocument(app.routes, TAGS, { version })
