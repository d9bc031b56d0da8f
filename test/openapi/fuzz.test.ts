import { env } from "cloudflare:workers"
import * as fc from "fast-check"
import { beforeEach, expect, inject, it, vi } from "vitest"
import { insertExampleData } from "../support/example-data"
import { responseErrors } from "../support/openapi-document"
import { request, waitForBackgroundWork } from "../support/people"
import { captureQueues } from "../support/queues"
import { ROUTES } from "../http/route-cases"
import { CALLERS, validRequest, oddRequest, type Sent } from "./requests"

// Random requests, generated from the API description. The same seed makes the same ones; FUZZ_SEED and
// FUZZ_RUNS choose others, and more of them: FUZZ_RUNS=2000 npm run test:fuzz.

const { seed, runs } = inject("fuzz")
const WITHIN_MS = 20_000 + runs * 100
/** After this time, fast-check stops shrinking and prints the failing request. */
const SHRINKS_WITHIN_MS = WITHIN_MS - 10_000

/**
 * Rules that the schema of a field cannot express: `invalid_format` is a webhook URL that is not Discord's,
 * `unstorable_text` is half of a character or NUL.
 */
const UNDESCRIBED_RULES = ["custom", "not_understood", "invalid_format", "unstorable_text"]

beforeEach(async () => {
  captureQueues()
  vi.spyOn(env.SEND_LIMIT, "limit").mockResolvedValue({ success: true })
  vi.spyOn(env.SEARCH_LIMIT, "limit").mockResolvedValue({ success: true })
  vi.spyOn(console, "log").mockReturnValue()
  await insertExampleData()
})

/** Sends the request and checks that the response is described. */
async function answerTo(route: string, { method, path, caller, headers, body }: Sent): Promise<Response> {
  const init = { method, headers: { ...CALLERS[caller], ...headers } }
  const answer = await request(path, { ...init, ...(body !== undefined && { body }) })
  await waitForBackgroundWork()
  const { webSocket: socket } = answer
  if (socket) {
    socket.accept()
    socket.close()
    return answer
  }
  expect(answer.status).toBeLessThan(500)
  expect(await responseErrors(route, answer)).toEqual([])
  expect(answer.headers.get("x-request-id")).toBeTruthy()
  return answer
}

const expectEach = (requests: fc.Arbitrary<Sent>, check: (sent: Sent) => Promise<void>) =>
  fc.assert(fc.asyncProperty(requests, check), { seed, numRuns: runs, interruptAfterTimeLimit: SHRINKS_WITHIN_MS })

it.each(ROUTES)(
  "answers valid requests as described: $route",
  async (one) => {
    await expectEach(validRequest(one), async (sent) => {
      const answer = await answerTo(one.route, sent)
      if (answer.status !== 422) return
      const rules = (await answer.json<any>()).detail.map(({ type }: { type: string }) => type)
      expect(UNDESCRIBED_RULES).toEqual(expect.arrayContaining(rules))
    })
  },
  WITHIN_MS,
)

it.each(ROUTES)(
  "answers invalid requests as described: $route",
  async (one) => {
    await expectEach(oddRequest(one), async (sent) => void (await answerTo(one.route, sent)))
  },
  WITHIN_MS,
)
