import { type ClientRequestOptions, hc, type InferResponseType } from "hono/client"
import type { app } from "./app"

/** Calls every route by its path, with the types of what it takes and answers. `base` is where the worker is reached. */
export const notificationsClient = (base: string, options?: ClientRequestOptions) => hc<typeof app>(base, options)

export type NotificationsClient = ReturnType<typeof notificationsClient>
export type InboxPage = InferResponseType<NotificationsClient["api"]["notifications"]["v1"]["$get"]>
export type InboxItem = InboxPage["res"][number]
export type { Category } from "./domain/categories"
