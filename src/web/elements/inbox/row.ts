import type { InboxItem } from "dalgo-notifications/client"
import { html, nothing } from "lit"
import { httpUrl, truncate } from "../../../domain/text"
import { timeTag } from "../../ui/relative-time"
import { categoryChip } from "../../ui/category-chip"

const urgentBadge = html`
  <span class="urgent">
    <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true"><path d="M8 1.5 1 14h14zM8 6v4M8 12v.1" /></svg>
    Urgent
  </span>
`

const pageLink = ({ url, label }: NonNullable<InboxItem["link"]>) => html`
  <a class="page-link" href=${httpUrl(url) ?? nothing} target="_blank" rel="noopener noreferrer"
    >${label}<span class="visually-hidden"> (opens in new tab)</span></a
  >
`

export function inboxRow(item: InboxItem, { base, toggleRead }: { base: string; toggleRead: () => void }) {
  const { id, message, read_status: isRead } = item
  const action = isRead ? "Mark as unread" : "Mark as read"
  return html`
    <li>
      <article
        class=${isRead ? "" : "unread"}
        tabindex="-1"
        aria-labelledby="state-${id} first-${id}"
        aria-describedby="meta-${id}"
      >
        <span class="visually-hidden" id="state-${id}">${isRead ? "" : "Unread"} ${item.urgent ? "Urgent" : ""}</span>
        <div class="meta" id="meta-${id}">
          ${item.urgent ? urgentBadge : nothing} ${categoryChip(item.category)} ${timeTag(item.timestamp)}
          <span class="author">${item.author}</span>
        </div>
        <button class="toggle" aria-label="${action}: ${truncate(message, 60)}" @click=${toggleRead}>${action}</button>
        <dalgo-message-text
          key=${id}
          folds
          .text=${message}
          .author=${item.author}
          .base=${base}
        ></dalgo-message-text>
        ${item.link ? pageLink(item.link) : nothing}
      </article>
    </li>
  `
}
