import { execFileSync } from "node:child_process"
import { cpSync, rmSync } from "node:fs"

/** Where the built worker and pages are while the tests run: a local instance builds into `dist/web` meanwhile. */
export const BUILT = "dist/test-deploy"

/** Builds what the deployments of the tests upload, once. */
export default function setup() {
  execFileSync("npm", ["run", "build"], { stdio: "ignore" })
  rmSync(BUILT, { recursive: true, force: true })
  for (const name of ["worker", "web"]) cpSync(`dist/${name}`, `${BUILT}/${name}`, { recursive: true })
}
