type Address = { port: number; url: string }
export type Addresses = { worker: Address; prefect: Address; mail: Address }

export declare const HOST: string
export declare const DEFAULT_PORT: number
export declare function addressesFrom(port: number | string): Addresses
export declare function requireFreePorts(addresses: Addresses): Promise<void>
