export type DemoUser = { userId: string; name: string; email: string; role: "admin" | "member"; org: string }

export declare const demoOrgs: { id: number; slug: string; name: string }[]
export declare const demoUsers: DemoUser[]
export declare const TOKEN_LIFETIME_SECONDS: number
export declare function findDemoUser(name: string): DemoUser | undefined
export declare function accessTokenClaims(
  user: DemoUser,
  now?: number,
): { user_id: string; token_type: "access"; jti: string; exp: number }
