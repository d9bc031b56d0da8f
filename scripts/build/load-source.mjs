import { build } from "esbuild"
import { root } from "../local/state-dir.mjs"

/** Imports rules of the service, which are TypeScript. `entry` has `export … from "./src/…"`. */
export async function loadSource(entry) {
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: root, loader: "ts" },
    bundle: true,
    write: false,
    format: "esm",
    target: "node20",
    charset: "ascii",
    logLevel: "warning",
  })
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`)
}
