import type { Addresses } from "./addresses.mjs"

export type Instance = { pid: number; port: number; stateDir: string }

export declare function recordInstance(
  instance: { port: number; stateDir: string },
  options?: { folder?: string; pid?: number },
): { close: () => void }
export declare function runningInstances(options?: { folder?: string }): Instance[]
export declare function findInstance(options?: { env?: Record<string, string | undefined>; folder?: string }): Addresses
