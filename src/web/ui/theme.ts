import { css, unsafeCSS } from "lit"
import colours from "./palette.css" with { type: "text" }

/** Every colour, with its light and dark value. `color-scheme` chooses. */
export const palette = unsafeCSS(colours)

/** Light by default, since most pages that embed an element have no dark theme. */
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

/** Shared styles of controls. */
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
