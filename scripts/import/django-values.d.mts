export declare function parseTime(value: unknown): number | undefined
