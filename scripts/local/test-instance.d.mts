type TestInstance = { port: number; stateDir: string; printed: string; stop: () => Promise<void> }

export declare function startTestInstance(options: { firstPort: number }): Promise<TestInstance>
