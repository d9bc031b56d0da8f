import { defineConfig } from "vitest/config"

/** What a person would try by hand: the local instance, started as the README says, on ports of its own. */
export default defineConfig({
  test: {
    include: ["test/e2e/**/*.test.ts"],
    globalSetup: ["./test/e2e/local-instance.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
})
