import { type Browser, chromium } from "playwright-core"

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      // Pages of other origins that a test makes up have no address of their own, and would be refused ours.
      "--disable-features=LocalNetworkAccessChecks",
    ],
  })
