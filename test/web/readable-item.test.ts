import { expect, it } from "vitest"
import { readableItem } from "../../src/web/client/readable-item"

it("removes hidden characters from an item's author and message, and changes nothing else", () => {
  const hidden = "ali\u200Bce\u202E"
  expect(readableItem({ id: 1, author: hidden, message: `${hidden}\n` })).toEqual({
    id: 1,
    author: "alice",
    message: "alice\n",
  })
})
