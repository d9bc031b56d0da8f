import { join } from "node:path"
import { root } from "../local/state-dir.mjs"

const ENTRY = `
export { parseEmailAddress } from "./src/domain/email-address"
export { parseStoredWebhook } from "./src/destinations/chat-webhooks/url"
`

/** The rules of the service for addresses and webhooks, so that the import takes what every other door takes. */
export async function loadRules() {
  const { build } = await import("esbuild")
  const { outputFiles } = await build({
    stdin: { contents: ENTRY, resolveDir: join(root), loader: "ts" },
    bundle: true,
    write: false,
    format: "esm",
    target: "node20",
    charset: "ascii",
  })
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`)
}
