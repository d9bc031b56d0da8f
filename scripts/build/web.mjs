// Builds the pages, the elements and the description of the API into dist/web. Files are replaced in place, since a server may be serving them.
import { readdir, readFile, rm } from "node:fs/promises"
import { join, relative, sep } from "node:path"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import { build } from "esbuild"
import { buildDocs } from "./docs.mjs"

const root = fileURLToPath(new URL("../..", import.meta.url))
const outdir = join("dist", "web")

const { metafile } = await build({
  absWorkingDir: root,
  outdir,
  entryPoints: [
    { in: "src/web/pages/page.ts", out: "page" },
    { in: "src/web/pages/page.css", out: "page" },
    { in: "src/web/pages/index.html", out: "index" },
    { in: "src/web/pages/manifest.webmanifest", out: "manifest" },
    { in: "src/web/pages/icon.svg", out: "icon" },
    { in: "src/web/pages/icon.png", out: "icon" },
    { in: "src/web/pages/_headers", out: "_headers" },
    { in: "src/web/push-worker/worker.ts", out: "push-worker" },
    { in: "src/web/elements/urgent-bar/urgent-bar.ts", out: "ui/bar" },
    { in: "src/web/pages/docs.ts", out: "api/docs/docs" },
    { in: "src/web/pages/docs.css", out: "api/docs/docs" },
    { in: "src/web/pages/docs.html", out: "api/docs/index" },
  ],
  loader: { ".html": "copy", ".webmanifest": "copy", ".svg": "copy", ".png": "copy", "": "copy" },
  alias: { "dalgo-notifications/client": "./src/client.ts" },
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  // For `npm start` only: a deployment publishes every file of the folder.
  sourcemap: process.env.SOURCE_MAPS === "true",
  legalComments: "linked",
  metafile: true,
  logLevel: "warning",
})

const bundled = Object.keys(metafile.outputs).map((path) => join(root, path))
const built = [...bundled, ...(await buildDocs({ root, outdir }))]
for (const name of await readdir(join(root, outdir), { recursive: true })) {
  const path = join(root, outdir, name)
  const isWanted = built.some((file) => file === path || file.startsWith(path + sep))
  if (!isWanted) await rm(path, { recursive: true, force: true })
}

const scripts = bundled.filter((path) => path.endsWith(".js"))
const sizes = await Promise.all(
  scripts.map(async (path) => {
    const kilobytes = gzipSync(await readFile(path)).length / 1000
    return `${relative(join(root, outdir), path)} ${kilobytes.toFixed(1)} kB`
  }),
)
console.log(`${outdir}: ${sizes.join(", ")} (gzip)`)
