import { CATEGORY, isCategory } from "../../domain/categories"

/** Of one notification, hence in the singular. A category that this page does not know yet keeps its own name. */
export const categoryLabel = (category: string) =>
  isCategory(category) ? CATEGORY[category].singular : category.replaceAll("_", " ")
