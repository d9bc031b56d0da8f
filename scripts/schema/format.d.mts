export const SCHEMA_QUERY: string
export function formatSchema(rows: { type: string; sql: string }[]): string
