import { css } from "lit"

/** Every colour with its light and its dark value; which of them counts, `color-scheme` decides. */
export const palette = css`
  :host,
  :root {
    --dn-bg: light-dark(#f7f8f8, #0f1514);
    --dn-surface: light-dark(#ffffff, #161d1c);
    --dn-ink: light-dark(#16211f, #e6edeb);
    --dn-muted: light-dark(#55625f, #a3b1ae);
    --dn-accent: light-dark(#00695f, #5cc9b8);
    --dn-on-accent: light-dark(#ffffff, #06201c);
    --dn-unread: light-dark(#f1f9f7, #13231f);
    --dn-control: light-dark(#7a8784, #6f7f7b);
    --dn-divider: light-dark(#d9dfdd, #2a3533);
    --dn-focus: light-dark(#0b57d0, #8ab4f8);

    --dn-urgent: #b3261e;
    --dn-on-urgent: #ffffff;
    --dn-on-urgent-muted: #f6dedd;
    --dn-urgent-edge: light-dark(#b3261e, #ff8a80);
    --dn-urgent-text: light-dark(#b3261e, #ffb4ab);
    --dn-urgent-soft: light-dark(#fdecea, #3a1614);
    --dn-offline-text: light-dark(#3a2c00, #f0cc6b);
    --dn-offline: light-dark(#ffe8b3, #33290c);
    --dn-strip: light-dark(#16211f, #2a3533);
    --dn-on-strip: light-dark(#ffffff, #e6edeb);
  }
`

/** Light unless the page asks otherwise, since most pages that embed an element have no dark side. */
export const theme = css`
  :host {
    color-scheme: light;
    color: var(--dn-ink);
    font-size: 14px;
    line-height: 20px;
    font-family: var(--dn-font, inherit);
  }
  :host([theme="dark"]) {
    color-scheme: dark;
  }
  :host([theme="auto"]) {
    color-scheme: light dark;
  }
`

/** What the elements' own controls share. */
export const controls = css`
  button,
  .button {
    min-block-size: 32px;
    box-sizing: border-box;
    padding: 5px 12px;
    border: 1px solid var(--dn-control);
    border-radius: 6px;
    background: none;
    color: inherit;
    font: inherit;
    cursor: pointer;
  }
  button:hover {
    background: color-mix(in srgb, currentColor 8%, transparent);
  }
  :focus-visible {
    outline: 2px solid var(--dn-focus);
    outline-offset: 2px;
  }
  a {
    color: var(--dn-accent);
  }
  svg {
    flex: none;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.5;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  .visually-hidden {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
`
