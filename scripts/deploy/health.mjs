import { setTimeout as sleep } from "node:timers/promises"
import { showStep } from "./output.mjs"

const TRIES = 6
const PAUSE_MS = 5_000

const WORDS = { ok: "ok", degraded: "it answers, and something is left to set or to mend" }

/**
 * Asks the deployed worker how it is, until it answers. `false` if it answers that something is wrong, or if something
 * else answers at its address. A new address may take minutes to be known, so that no answer at all is none of these.
 */
export async function checkHealth(url, { tries = TRIES, pauseMs = PAUSE_MS } = {}) {
  if (!url) return true
  let answer
  for (let left = tries; left > 0; left--) {
    answer = await ask(`${url}/healthz`)
    if (WORDS[answer?.health]) {
      showStep(`${url}/healthz: ${WORDS[answer.health]}`)
      return true
    }
    if (left > 1) await sleep(pauseMs)
  }
  if (answer) showStep(`${url}/healthz answers ${answer.status}: see docs/operations.md, Health, and npx wrangler tail`)
  else showStep(`${url} does not answer yet. A new address may take minutes: open ${url}/healthz then`)
  return answer === undefined
}

/** The status code and, if it is the worker that answers, its word; `undefined` without an answer. */
async function ask(url) {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(10_000), redirect: "manual" })
    const text = await answer.text()
    return { status: answer.status, health: answer.ok ? /"status":"(\w+)"/.exec(text)?.[1] : undefined }
  } catch {
    return undefined
  }
}
