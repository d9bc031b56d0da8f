// Generates the API description from the worker's routes and schemas, and copies the files of Swagger UI
// that its page needs.
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { build } from "esbuild"

const SWAGGER_UI = ["swagger-ui-bundle.js", "swagger-ui-bundle.js.LICENSE.txt", "swagger-ui.css", "LICENSE", "NOTICE"]

/** Returns the paths of the files that it wrote. */
export async function buildDocs({ root, outdir }) {
  const document = join(root, outdir, "api", "openapi.json")
  const { version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"))
  const describe = await descriptionOf(root)
  await write(document, `${JSON.stringify(describe({ version }), null, 1)}\n`)

  const copies = SWAGGER_UI.map((name) => ({
    from: join(root, "node_modules", "swagger-ui-dist", name),
    to: join(root, outdir, "api", "docs", name),
  }))
  await Promise.all(copies.map(({ from, to }) => copyFile(from, to)))
  return [document, ...copies.map(({ to }) => to)]
}

/** Reads the registered routes without running the worker, so it needs neither bindings nor workerd. */
async function descriptionOf(root) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ["scripts/openapi/description.ts"],
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "warning",
  })
  const { description } = await import(
    `data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString("base64")}`
  )
  return description
}

async function write(path, text) {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
}
