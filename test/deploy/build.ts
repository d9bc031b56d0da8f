import { execFileSync } from "node:child_process"

/** Builds what the deployments of the tests upload, once. */
export default function setup() {
  execFileSync("npm", ["run", "build"], { stdio: "ignore" })
}
