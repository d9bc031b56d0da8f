import { css, html, svg, type SVGTemplateResult } from "lit"
import { categoryLabel } from "./category-label"

const ICONS: Record<string, SVGTemplateResult> = {
  incident: svg`<path d="M8 2 1.5 13.5h13zM8 6.5v3M8 11.5v.1" />`,
  schema_change: svg`<path d="M2 3h12v10H2zM2 6.5h12M7 6.5V13" />`,
  job_failure: svg`<circle cx="8" cy="8" r="6" /><path d="m6 6 4 4m0-4-4 4" />`,
  late_run: svg`<circle cx="8" cy="8" r="6" /><path d="M8 4.5V8l2.5 1.5" />`,
  dbt_test_failure: svg`<path d="M6 2h4M7 2v4L3 13.5h10L9 6V2M5 10h6" />`,
  system: svg`<circle cx="8" cy="8" r="6" /><path d="M8 7.5V11M8 5v.1" />`,
}

export const categoryChip = (category: string) => html`
  <span class="chip" data-category=${category}>
    <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">${ICONS[category] ?? ICONS.system}</svg>
    ${categoryLabel(category)}
  </span>
`

export const chipStyles = css`
  .chip {
    display: inline-flex;
    align-items: center;
    gap: 4px;
    padding: 2px 8px;
    border-radius: 999px;
    background: light-dark(#ebf0ee, #222d2a);
    color: light-dark(#3c4a46, #bccac5);
    font-size: 12px;
    line-height: 16px;
    white-space: nowrap;
  }
  .chip[data-category="incident"] {
    background: light-dark(#fdecea, #3a1614);
    color: light-dark(#8c1d18, #ffb4ab);
  }
  .chip[data-category="schema_change"] {
    background: light-dark(#e8effc, #14264a);
    color: light-dark(#1f4b99, #a8c7fa);
  }
  .chip[data-category="job_failure"] {
    background: light-dark(#fdefe3, #3a2110);
    color: light-dark(#8a3c00, #ffb68a);
  }
  .chip[data-category="late_run"] {
    background: light-dark(#fdf3d7, #33290c);
    color: light-dark(#6b4e00, #f0cc6b);
  }
  .chip[data-category="dbt_test_failure"] {
    background: light-dark(#f7eafa, #33163b);
    color: light-dark(#6a1f7a, #e3b3ef);
  }
`
