import { css } from "lit"

export const inboxStyles = css`
  :host {
    display: block;
    max-inline-size: 960px;
    container-type: inline-size;
  }
  h1,
  h2,
  p,
  ul {
    margin: 0;
    padding: 0;
  }
  h1 {
    font-size: 24px;
    line-height: 32px;
    font-weight: 600;
  }
  h2 {
    font-size: 15px;
    line-height: 22px;
    font-weight: 600;
  }
  header {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px 16px;
    margin-block-end: 16px;
  }
  header button {
    margin-inline-start: auto;
  }
  .muted,
  .meta {
    color: var(--dn-muted);
  }
  .offline:not(:empty),
  .problem:not(:empty) {
    margin-block-end: 16px;
    padding: 8px 16px;
    border-radius: 8px;
    background: var(--dn-offline);
    color: var(--dn-offline-text);
  }
  .problem:not(:empty) {
    background: var(--dn-urgent-soft);
    color: var(--dn-urgent-text);
  }
  .panel,
  .list {
    border: 1px solid var(--dn-divider);
    border-radius: 8px;
    background: var(--dn-surface);
    overflow: hidden;
  }
  .panel {
    display: grid;
    justify-items: start;
    gap: 8px;
    padding: 32px 24px;
  }
  .list {
    list-style: none;
    --message-lines: 10;
  }
  li + li {
    border-block-start: 1px solid var(--dn-divider);
  }
  article {
    position: relative;
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    align-items: start;
    gap: 4px 16px;
    padding: 12px 16px 12px 32px;
  }
  article:focus-visible {
    outline-offset: -2px;
  }
  article.unread {
    background: var(--dn-unread);
  }
  article.unread::before {
    content: "";
    position: absolute;
    inset-block-start: 20px;
    inset-inline-start: 12px;
    inline-size: 8px;
    block-size: 8px;
    border-radius: 50%;
    background: var(--dn-accent);
    forced-color-adjust: none;
  }
  .unread .first-line {
    font-weight: 600;
  }
  dalgo-message-text {
    grid-column: 1 / -1;
  }
  .meta {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 12px;
    min-block-size: 24px;
    font-size: 12px;
    line-height: 16px;
  }
  .author {
    min-inline-size: 0;
    overflow-wrap: anywhere;
  }
  .urgent {
    display: inline-flex;
    align-items: center;
    gap: 4px;
    color: var(--dn-urgent-text);
    font-weight: 600;
  }
  .page-link {
    grid-column: 1 / -1;
    justify-self: start;
    min-block-size: 24px;
    overflow-wrap: anywhere;
  }
  .toggle {
    min-block-size: 24px;
    padding: 2px 8px;
    font-size: 12px;
    line-height: 16px;
  }
  .more {
    margin-block-start: 16px;
  }
  .skeleton {
    block-size: 64px;
    background: linear-gradient(var(--dn-divider), var(--dn-divider)) 32px 20px / 45% 8px no-repeat,
      linear-gradient(var(--dn-divider), var(--dn-divider)) 32px 40px / 70% 8px no-repeat;
    animation: appear 1ms 200ms both;
  }
  @keyframes appear {
    from {
      visibility: hidden;
    }
  }
  @container (inline-size < 480px) {
    article {
      grid-template-columns: 1fr;
      padding-inline: 28px 12px;
    }
    .toggle {
      order: 1;
      justify-self: start;
      min-block-size: 32px;
    }
  }
`
