declare namespace Cloudflare {
  interface Env {
    TEST_MIGRATIONS: import("cloudflare:test").D1Migration[]
    NOTIFICATIONS: Service<typeof import("../../src/rpc").NotificationService>
  }
  interface GlobalProps {
    mainModule: typeof import("../../src/index")
  }
}

declare module "*?raw" {
  const text: string
  export default text
}
