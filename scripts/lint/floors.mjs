// Checks the imports of src/: they go down the floors of floors.json, types included; they form no circle, folders
// included; they keep the rules of floors.json. Prints each wrong import with its reason. An argument names another src.
import { readFileSync } from "node:fs"
import { posix } from "node:path"
import { fileURLToPath } from "node:url"
import { findCircles } from "./circles.mjs"
import { readModules } from "./imports.mjs"

const SOURCE = fileURLToPath(new URL("../../src", import.meta.url))
const root = process.argv[2] ?? SOURCE

const { floors, rules } = JSON.parse(readFileSync(new URL("floors.json", import.meta.url), "utf8"))
const modules = readModules(root)
const imports = [...modules.values()].flatMap((module) => module.imports)

/** A folder or a file at the top of src/. */
const roomOf = (path) => path.split("/")[0]
const floorOf = (path) => floors.findIndex(({ rooms }) => rooms.includes(roomOf(path)))
const isInside = ({ to, isPackage }) => !isPackage && !to.startsWith("../")

/** In a pattern, `**` is any path, `*` any part of a name, and `{a,b}` a choice. */
function matches(path, pattern) {
  const regex = pattern
    .replace(/[.+^$()|[\]\\]/g, "\\$&")
    .replace(/\{([^}]*)\}/g, (_, choice) => `(${choice.replaceAll(",", "|")})`)
    .replace(/\*\*\/|\*\*|\*/g, (stars) => ({ "**/": "(.*/)?", "**": ".*", "*": "[^/]*" })[stars])
  return new RegExp(`^${regex}$`).test(path)
}
const matchesAny = (path, patterns = []) => patterns.some((pattern) => matches(path, pattern))

/** Here `!pattern` takes paths out again, and `file#name` is one export of a file. */
function isForbidden({ to, names }, patterns) {
  const allowed = patterns.filter((pattern) => pattern.startsWith("!")).map((pattern) => pattern.slice(1))
  if (matchesAny(to, allowed)) return false
  return patterns.some((pattern) => {
    const [file, name] = pattern.split("#")
    return matches(to, file) && (!name || !names || names.includes(name))
  })
}

function* floorProblems(each) {
  const [from, to] = [roomOf(each.from), roomOf(each.to)]
  if (each.to.startsWith("../")) yield "src/ is what ships, and imports nothing from outside."
  if (!isInside(each) || from === to) return
  const [source, target] = [floorOf(from), floorOf(to)]
  if (source === -1 || target === -1 || source < target) return
  const { why } = floors[source]
  if (source === target) yield `${from} and ${to} share a floor: no import between them. ${why}`
  else yield `${to} is above ${from}, and an import goes down. ${why}`
}

function* ruleProblems(each) {
  for (const { files, except, mayImport, mayImportTypes, mayNotImport, types, why } of rules) {
    if (!matchesAny(each.from, files) || matchesAny(each.from, except)) continue
    if (each.isType && (types === "free" || matchesAny(each.to, mayImportTypes))) continue
    if (mayImport ? !matchesAny(each.to, mayImport) : isForbidden(each, mayNotImport)) yield why
  }
}

function* unknownRooms() {
  for (const room of new Set([...modules.keys()].map(roomOf)))
    if (floorOf(room) === -1) yield `src/${room} is on no floor: add it to scripts/lint/floors.json.`
}

/** Entries of floors.json that match nothing in src/. After a rename, they would silently disable a rule. */
function* staleEntries() {
  const patterns = rules.flatMap(({ files, except, mayImport, mayImportTypes, mayNotImport }) =>
    [files, except, mayImport, mayImportTypes, mayNotImport].flatMap((list) => list ?? []),
  )
  for (const pattern of new Set(patterns)) {
    const [path, name] = pattern.replace(/^!/, "").split("#")
    const isFile = [...modules].some(([file, { exports }]) => matches(file, path) && (!name || exports.has(name)))
    const isPackage = imports.some((each) => each.isPackage && matches(each.to, path))
    if (!isFile && !isPackage) yield `scripts/lint/floors.json names ${pattern}: nothing matches it.`
  }
}

function describe({ from, line, to, isPackage, isType }, why) {
  const target = isPackage ? to : posix.join("src", to)
  return `src/${from}:${line} imports ${isType ? "types of " : ""}${target}: ${why}`
}

const isWithinRoom = ({ from, to }) => modules.has(to) && roomOf(from) === roomOf(to)
const problems = [
  ...unknownRooms(),
  ...imports.flatMap((each) => [...floorProblems(each), ...ruleProblems(each)].map((why) => describe(each, why))),
  ...findCircles(imports.filter(isWithinRoom)).map(
    (circle) => `${circle}: a circle. Move the shared part out of both.`,
  ),
  ...(root === SOURCE ? staleEntries() : []),
]

for (const problem of problems) console.error(problem)
console.log(`floors: ${modules.size} files, ${imports.length} imports, ${problems.length} wrong`)
process.exitCode = problems.length > 0 ? 1 : 0
