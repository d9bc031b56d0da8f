import { defineConfig } from "vitest/config"

/** `npm run deploy` as a person runs it, with wrangler itself, against a stand-in of Cloudflare's API. */
export default defineConfig({
  test: {
    include: ["test/deploy/**/*.test.ts"],
    globalSetup: ["./test/deploy/build.ts"],
    // A deployment calls wrangler twenty times.
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
})
