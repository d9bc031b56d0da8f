import type { Seat } from "./connections"

/** Whom the worker lets in, and the ticket that they spend for it, if it is by one. */
export type Admission = { seat: Seat; ticket?: { id: string; expiresAt: number } | undefined }

/** The request by which the worker asks the object for a socket. Nobody else reaches the object. */
export function toRequest({ seat, ticket }: Admission): Request {
  const search = new URLSearchParams({ admission: JSON.stringify({ seat, ticket }) })
  return new Request(`https://bar/?${search.toString()}`, { headers: { upgrade: "websocket" } })
}

/** What `toRequest` wrote. */
export const admissionIn = ({ url }: Request) =>
  JSON.parse(new URL(url).searchParams.get("admission") ?? "") as Admission
