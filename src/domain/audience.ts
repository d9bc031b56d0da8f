/** Whom a notification addresses. It is kept with the notification, and resolved when the notification is sent. */
export type Audience =
  | { kind: "org"; orgId: number; adminsOnly: boolean }
  | { kind: "everyone"; adminsOnly: boolean }
  | { kind: "email"; email: string; orgId: number | null; adminsOnly: boolean }
  | { kind: "org_users"; ids: number[] }
