import { readdirSync, readFileSync } from "node:fs"
import { join, posix, sep } from "node:path"
import { parseSync, Visitor } from "oxc-parser"

/**
 * The TypeScript files below `root` by their paths, each as `{ imports, exports }`. Paths are relative to `root`, with
 * forward slashes. `exports` is the set of exported names.
 *
 * Imports of every form count: `import`, `export … from`, `import(…)`, and types written as `import("…")`. Each is
 * `{ from, line, to, isPackage, names, isType }`. `to` is a file, a path outside of `root` (`../…`) or a package.
 * `names` is undefined if the whole module is imported. `isType` means that only types are imported.
 */
export function readModules(root) {
  const paths = readdirSync(root, { recursive: true })
    .map((path) => path.split(sep).join("/"))
    .filter((path) => /\.tsx?$/.test(path))
    .toSorted((a, b) => a.localeCompare(b))
  const known = new Set(paths)
  return new Map(paths.map((path) => [path, readModule(root, path, known)]))
}

function readModule(root, path, known) {
  const source = readFileSync(join(root, path), "utf8")
  const { program, module, errors } = parseSync(path, source)
  if (errors.length > 0) throw new Error(`${join(root, path)}: ${errors[0].message}`)

  const imports = []
  const add = ({ start }, specifier, { names, isType = false } = {}) => {
    const isPackage = !specifier.startsWith(".")
    const to = isPackage ? specifier : resolve(path, specifier, known)
    imports.push({ from: path, line: source.slice(0, start).split("\n").length, to, isPackage, names, isType })
  }
  const addDeclaration = (node) => {
    if (node.source) add(node, node.source.value, importedBy(node))
  }
  new Visitor({
    ImportDeclaration: addDeclaration,
    ExportNamedDeclaration: addDeclaration,
    ExportAllDeclaration: addDeclaration,
    ImportExpression: (node) => {
      if (typeof node.source.value === "string") add(node, node.source.value)
    },
    TSImportType: (node) => add(node, node.source.value, { isType: true }),
  }).visit(program)

  const exports = module.staticExports.flatMap(({ entries }) => entries.map(({ exportName }) => exportName.name))
  return { imports, exports: new Set(exports) }
}

/** The names that an import or a re-export takes. Type names among values are left out. */
function importedBy(node) {
  const isTypeOnly = (each) => (each.importKind ?? each.exportKind) === "type"
  const specifiers = node.specifiers ?? []
  const values = specifiers.filter((each) => !isTypeOnly(each))
  const isType = isTypeOnly(node) || (specifiers.length > 0 && values.length === 0)
  const isWhole = !node.specifiers || values.some(({ type }) => type === "ImportNamespaceSpecifier")
  return { isType, names: isWhole ? undefined : values.map(nameOf) }
}

function nameOf({ type, imported, local }) {
  if (type === "ImportDefaultSpecifier") return "default"
  const name = imported ?? local
  return name.name ?? name.value
}

function resolve(from, specifier, known) {
  const path = posix.join(posix.dirname(from), specifier)
  return [path, `${path}.ts`, `${path}.tsx`, `${path}.d.ts`].find((candidate) => known.has(candidate)) ?? path
}
