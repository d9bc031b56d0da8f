import { env } from "cloudflare:workers"

/** Queries the database, for what no route returns. */
export async function selectRows<T = any>(sql: string, ...values: unknown[]): Promise<T[]> {
  const { results } = await env.DB.prepare(sql)
    .bind(...values)
    .all<T>()
  return results
}
