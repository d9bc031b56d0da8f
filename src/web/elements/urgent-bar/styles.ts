import { css } from "lit"

export const barStyles = css`
  :host {
    display: block;
    container-type: inline-size;
  }
  p {
    margin: 0;
  }
  .bar {
    max-block-size: 70vh;
    overflow-y: auto;
    border-block-end: 1px solid var(--dn-urgent-edge);
    background: var(--dn-urgent);
    color: var(--dn-on-urgent);
    --dn-focus: var(--dn-on-urgent);
    --dn-accent: var(--dn-on-urgent);
    --dn-control: var(--dn-on-urgent-muted);
    --message-lines: 1;
  }
  .item {
    display: flex;
    flex-wrap: wrap;
    align-items: start;
    gap: 0 16px;
    padding: 6px 24px;
  }
  .item > * {
    flex: none;
    min-block-size: 32px;
  }
  .what,
  .actions {
    display: flex;
    align-items: center;
    gap: 8px;
  }
  .category {
    padding: 1px 8px;
    border: 1px solid var(--dn-on-urgent-muted);
    border-radius: 999px;
    font-size: 12px;
    line-height: 16px;
    white-space: nowrap;
  }
  .item > .text {
    display: flex;
    flex: 1 1 340px;
    gap: 0 12px;
    min-inline-size: 0;
    padding-block: 6px;
    box-sizing: border-box;
  }
  .text dalgo-message-text {
    display: flex;
    gap: 0 12px;
    align-items: start;
  }
  .message-toggle {
    flex: none;
    min-block-size: 24px;
    margin-block: -2px;
  }
  .item > .text:has(.open) {
    display: block;
    flex-basis: 100%;
  }
  .text:has(.open) dalgo-message-text {
    display: block;
  }
  .actions {
    position: sticky;
    inset-block-end: 0;
    margin-inline-start: auto;
    background: var(--dn-urgent);
  }
  .text:has(.open) + .actions {
    inline-size: 100%;
    justify-content: end;
    padding-block-start: 4px;
  }
  time,
  .place {
    color: var(--dn-on-urgent-muted);
    font-size: 12px;
    white-space: nowrap;
  }
  .icon {
    display: inline-grid;
    place-items: center;
    min-inline-size: 32px;
    padding: 0;
  }
  .dismiss,
  .button {
    display: inline-flex;
    align-items: center;
    gap: 4px;
    text-decoration: none;
  }
  .strip {
    display: flex;
    align-items: center;
    gap: 16px;
    padding: 4px 24px;
    background: var(--dn-strip);
    color: var(--dn-on-strip);
    --dn-focus: var(--dn-on-strip);
  }
  .paused:not(:empty) {
    padding: 2px 24px;
    background: var(--dn-offline);
    color: var(--dn-offline-text);
    font-size: 12px;
  }
  @container (inline-size < 640px) {
    .bar {
      --message-lines: 3;
    }
    .item {
      flex-flow: column;
      align-items: stretch;
      gap: 8px;
      padding: 8px 16px;
    }
    .item > .what,
    .item > .text {
      flex: none;
      min-block-size: 0;
      padding-block: 0;
    }
    .item > .text,
    .text dalgo-message-text {
      display: block;
    }
    .item > .actions {
      margin-inline-start: 0;
    }
    .actions > :is(button, a) {
      min-block-size: 44px;
      min-inline-size: 44px;
    }
    .actions > .dismiss {
      margin-inline-start: auto;
      justify-content: center;
    }
    .dismiss-label {
      display: none;
    }
    .strip,
    .paused:not(:empty) {
      padding-inline: 16px;
    }
  }
  @media (prefers-reduced-motion: no-preference) {
    .bar {
      transition: opacity 160ms ease-out;
      @starting-style {
        opacity: 0;
      }
    }
  }
`
