/**
 * An entry of a run's log. `message` is a safe text (domain/outside-text). `level` is Python's: 20 info, 30 warning,
 * 40 error, 50 critical.
 */
export type LogEntry = { level: number; message: string }

const ERROR_LEVEL = 40

export const isError = ({ level }: LogEntry) => level >= ERROR_LEVEL
