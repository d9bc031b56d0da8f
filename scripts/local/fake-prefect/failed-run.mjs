import { createHash } from "node:crypto"
import { stories } from "./failure-scenarios.mjs"

const ADJECTIVES = [
  "amber",
  "brisk",
  "copper",
  "dusky",
  "gentle",
  "hazel",
  "ivory",
  "lively",
  "mellow",
  "russet",
  "silver",
  "tawny",
]
const ANIMALS = [
  "badger",
  "crane",
  "dolphin",
  "falcon",
  "gecko",
  "ibex",
  "jackal",
  "lynx",
  "otter",
  "panther",
  "robin",
  "tortoise",
]
const STEPS = ["airbyte-sync", "git-pull", "dbt-run", "dbt-test"]

const digest = (text) => createHash("sha256").update(text).digest()

/** A uuid that is always the same for the same words. */
export function uuidOf(...words) {
  const bytes = digest(words.join("\n")).subarray(0, 16)
  bytes[6] = (bytes[6] & 0x0f) | 0x40
  bytes[8] = (bytes[8] & 0x3f) | 0x80
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")
}

/** How the run with this id failed: the same id fails the same way, today and after a restart. */
export function failureOf(id) {
  const [kind, adjective, animal, length] = digest(id)
  const story = stories[kind % stories.length]
  return {
    ...story,
    name: `${ADJECTIVES[adjective % ADJECTIVES.length]}-${ANIMALS[animal % ANIMALS.length]}`,
    stateName: story.stateType === "CRASHED" ? "Crashed" : "Failed",
    durationMs: (120 + length * 2) * 1000,
  }
}

/** The steps that were begun, in order; the last one is the one that failed. */
export function stepsOf(id, { failedStep, stateType, durationMs }) {
  const begun = STEPS.slice(0, STEPS.indexOf(failedStep) + 1)
  const lead = 4_000
  const each = Math.floor((durationMs - 2 * lead) / begun.length)
  return begun.map((slug, index) => ({
    slug,
    id: uuidOf("step", id, slug),
    // Airbyte is waited for by a task; the rest are flows of their own.
    isSubflow: slug !== "airbyte-sync",
    stateType: slug === failedStep ? stateType : "COMPLETED",
    startsAfterMs: lead + index * each,
    endsAfterMs: lead + (index + 1) * each,
  }))
}

export const pipelineSteps = STEPS
export const deploymentId = (orgSlug, name) => uuidOf("deployment", orgSlug, name)
