// Builds the client into dist/client: a module, and declarations that include the types of the API, so that users
// of the client need no types of the worker.
import { spawnSync } from "node:child_process"
import { mkdir, readFile, rm, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const root = fileURLToPath(new URL("../..", import.meta.url))
const declarations = join(root, "dist", "declarations")
const outdir = join(root, "dist", "client")

const tsc = join(root, "node_modules", "typescript", "bin", "tsc")
const declared = spawnSync(process.execPath, [tsc, "-p", join(root, "tsconfig.client.json")], { stdio: "inherit" })
if (declared.status !== 0) process.exit(declared.status || 1)

// Node's module resolution requires the file extensions that our imports omit.
const RELATIVE = /(?<=\b(?:from |import\())"(\.[^"]+)"/g

await rm(outdir, { recursive: true, force: true })
const names = new Set(["client"])
for (const name of names) {
  const declaration = await readFile(join(declarations, `${name}.d.ts`), "utf8")
  for (const [, path] of declaration.matchAll(RELATIVE)) names.add(join(dirname(name), path))
  const copy = join(outdir, `${name}.d.ts`)
  await mkdir(dirname(copy), { recursive: true })
  await writeFile(copy, declaration.replace(RELATIVE, '"$1.js"'))
}

await build({
  absWorkingDir: root,
  outdir,
  entryPoints: ["src/client.ts"],
  bundle: true,
  packages: "external",
  format: "esm",
  target: "es2022",
  logLevel: "warning",
})
