export type Person = { userId: string; name: string; email: string; role: "admin" | "member"; org: string }

export declare const orgs: { id: number; slug: string; name: string }[]
export declare const people: Person[]
export declare const TOKEN_LIFETIME_SECONDS: number
export declare function personNamed(name: string): Person | undefined
export declare function claimsOf(
  person: Person,
  now?: number,
): { user_id: string; token_type: "access"; jti: string; exp: number }
