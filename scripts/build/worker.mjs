// Builds the worker into dist/worker, and into dist/local the one that `npm start` runs. wrangler takes both as they are.
import { readdir, readFile, rm, writeFile } from "node:fs/promises"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import { build } from "esbuild"

const root = fileURLToPath(new URL("../..", import.meta.url))

async function buildWorker({ entry, outdir, ...options }) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [{ in: entry, out: "index" }],
    outdir,
    bundle: true,
    splitting: true,
    format: "esm",
    outExtension: { ".js": ".mjs" },
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*", "node:*"],
    define: { "navigator.userAgent": '"Cloudflare-Workers"', "process.env.NODE_ENV": '"production"' },
    metafile: true,
    logLevel: "warning",
    ...options,
  })
  const built = Object.keys(metafile.outputs).map((path) => basename(path))
  // wrangler would upload what an earlier build left.
  for (const name of await readdir(join(root, outdir)))
    if (!built.includes(name)) await rm(join(root, outdir, name), { recursive: true })
  return metafile
}

const outdir = join("dist", "worker")
const metafile = await buildWorker({ entry: "src/index.ts", outdir, minify: true })
await writeFile(join(root, `${outdir}.meta.json`), JSON.stringify(metafile))
await buildWorker({ entry: "scripts/local/worker.ts", outdir: join("dist", "local"), sourcemap: true })

const sizes = await Promise.all(
  Object.keys(metafile.outputs).map(async (path) => {
    const kilobytes = gzipSync(await readFile(join(root, path))).length / 1000
    return `${basename(path)} ${kilobytes.toFixed(1)} kB`
  }),
)
console.log(`${outdir}: ${sizes.join(", ")} (gzip)`)
