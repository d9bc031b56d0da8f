import { env } from "cloudflare:workers"
import { vi } from "vitest"

/** Workers AI. It returns `answer`, or throws it if it is an `Error`. */
export const fakeAi = (answer: object | Error) => {
  const run = vi.spyOn(env.AI, "run")
  if (answer instanceof Error) run.mockRejectedValue(answer)
  else run.mockResolvedValue(answer as never)
  return run
}

/** An answer in the three paragraphs that the prompt asks for. */
export const aiAnswer = (whatFailed: string) =>
  `What failed: ${whatFailed}\nProbable cause: a changed password.\nWhat to try: sign in again.`
