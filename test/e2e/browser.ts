import { type Browser, chromium } from "playwright-core"

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      // Tests serve pages of other origins by interception. Chromium would block their requests to the loopback address.
      "--disable-features=LocalNetworkAccessChecks",
    ],
  })
