import { env } from "cloudflare:workers"

/** What the database holds, for what no route shows. */
export async function rows<T = any>(sql: string, ...values: unknown[]): Promise<T[]> {
  const { results } = await env.DB.prepare(sql)
    .bind(...values)
    .all<T>()
  return results
}
