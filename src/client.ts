import { type ClientRequestOptions, hc, type InferResponseType } from "hono/client"
import type { app } from "./app"

/** A typed client for every route. `base` is the origin of the worker. */
export const notificationsClient = (base: string, options?: ClientRequestOptions) => hc<typeof app>(base, options)

export type NotificationsClient = ReturnType<typeof notificationsClient>
export type InboxPage = InferResponseType<NotificationsClient["api"]["notifications"]["v1"]["$get"]>
export type InboxItem = InboxPage["res"][number]
export type { Category } from "./domain/categories"
