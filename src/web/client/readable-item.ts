import { withoutHidden } from "../../domain/text"

/** The same item without the characters that make its texts look other than they are. */
export const readableItem = <Item extends { author: string; message: string }>(item: Item): Item => ({
  ...item,
  author: withoutHidden(item.author),
  message: withoutHidden(item.message),
})
