/** What turns the order of letters around, and what nobody sees. */
const UNREADABLE = /[\u00AD\u200B\u202A-\u202E\u2060-\u206F\uFEFF]/g

/** Emoji, Hindi and Persian are made with joiners. Behind a Latin letter or a sign they only hide. */
const STRAY_JOINERS = /(?<=^|[\p{ASCII}\p{Script=Latin}])[\u200C\u200D]+/gu

const readable = (text: string) => text.replace(UNREADABLE, "").replace(STRAY_JOINERS, "")

/** The same item with nothing in its texts that makes them look other than they are. */
export const readableItem = <Item extends { author: string; message: string }>(item: Item): Item => ({
  ...item,
  author: readable(item.author),
  message: readable(item.message),
})
