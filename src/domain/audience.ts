/** The people whom a notification addresses. It is stored with the notification and resolved when that is sent. */
export type Audience =
  | { kind: "org"; orgId: number; adminsOnly: boolean }
  | { kind: "everyone"; adminsOnly: boolean }
  | { kind: "email"; email: string; orgId: number | null; adminsOnly: boolean }
  | { kind: "org_users"; ids: number[] }
