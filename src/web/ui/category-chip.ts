import { css, html, unsafeCSS } from "lit"
import { CATEGORIES, CATEGORY, type Category, isCategory } from "../../domain/categories"
import { categoryLabel } from "./category-label"

/** A category that this page does not know yet looks like `system`. */
const lookOf = (category: string): Category => (isCategory(category) ? category : "system")

export const categoryChip = (category: string) => html`
  <span class="chip" data-category=${lookOf(category)}>
    <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true"><path d=${CATEGORY[lookOf(category)].icon} /></svg>
    ${categoryLabel(category)}
  </span>
`

const coloursOf = (category: Category) => {
  const { light, dark } = CATEGORY[category]
  return `.chip[data-category="${category}"] {
    background: light-dark(${light.background}, ${dark.background});
    color: light-dark(${light.text}, ${dark.text});
  }`
}

export const chipStyles = css`
  .chip {
    display: inline-flex;
    align-items: center;
    gap: 4px;
    padding: 2px 8px;
    border-radius: 999px;
    font-size: 12px;
    line-height: 16px;
    white-space: nowrap;
  }
  ${unsafeCSS(CATEGORIES.map(coloursOf).join("\n"))}
`
