import { createHash } from "node:crypto"
import { failureScenarios } from "./failure-scenarios.mjs"

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

const sha256 = (text) => createHash("sha256").update(text).digest()

/** A UUID derived from the words: equal words give an equal UUID. */
export function uuidFrom(...words) {
  const bytes = sha256(words.join("\n")).subarray(0, 16)
  bytes[6] = (bytes[6] & 0x0f) | 0x40
  bytes[8] = (bytes[8] & 0x3f) | 0x80
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")
}

/** The scenario, name and duration of the run with this id. They depend on the id only, so a restart does not change them. */
export function failureOfRun(id) {
  const [kind, adjective, animal, length] = sha256(id)
  const scenario = failureScenarios[kind % failureScenarios.length]
  return {
    ...scenario,
    name: `${ADJECTIVES[adjective % ADJECTIVES.length]}-${ANIMALS[animal % ANIMALS.length]}`,
    stateName: scenario.stateType === "CRASHED" ? "Crashed" : "Failed",
    durationMs: (120 + length * 2) * 1000,
  }
}

/** The steps that started, in order. The last one failed. */
export function stepsOfRun(id, { failedStep, stateType, durationMs }) {
  const started = STEPS.slice(0, STEPS.indexOf(failedStep) + 1)
  const marginMs = 4_000
  const stepMs = Math.floor((durationMs - 2 * marginMs) / started.length)
  return started.map((slug, index) => ({
    slug,
    id: uuidFrom("step", id, slug),
    // Prefect runs the Airbyte sync as a task, and every other step as a subflow.
    isSubflow: slug !== "airbyte-sync",
    stateType: slug === failedStep ? stateType : "COMPLETED",
    startsAfterMs: marginMs + index * stepMs,
    endsAfterMs: marginMs + (index + 1) * stepMs,
  }))
}

export const pipelineSteps = STEPS
export const deploymentIdFor = (orgSlug, name) => uuidFrom("deployment", orgSlug, name)
