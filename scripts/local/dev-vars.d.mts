export declare function parseDevVars(text: string): Record<string, string>
