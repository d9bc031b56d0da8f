/** `user_id` of the access token as text. */
export const USER_ID = /^[\x21-\x7e]{1,100}$/
