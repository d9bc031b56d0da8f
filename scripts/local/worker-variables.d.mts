import type { Addresses } from "./addresses.mjs"

export declare function workerVariables(addresses: Addresses, devVars: Record<string, string>): Record<string, string>
