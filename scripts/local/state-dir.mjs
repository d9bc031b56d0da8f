import { resolve } from "node:path"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("../..", import.meta.url))
const DEFAULT_STATE_DIR = resolve(root, ".wrangler", "state")

/** The folder with the local database, queues and objects: `STATE_DIR`, relative to the project, or `.wrangler/state`. */
export const stateDirFrom = (env) => (env.STATE_DIR ? resolve(root, env.STATE_DIR) : DEFAULT_STATE_DIR)

export const isDefaultStateDir = (stateDir) => stateDir === DEFAULT_STATE_DIR
