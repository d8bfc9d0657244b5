/** The look of what readers use: controls, search, pause, marks, braille, the settings. A sheet beside STYLE. */
export const READING_STYLE = `
.bar {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 0.25rem 0.5rem;
  flex: none;
  font: 500 0.875rem/1.3 system-ui, sans-serif;
  letter-spacing: normal;
}
.base.has-controls .bar {
  padding: 0.375rem 0.5rem;
  color: var(--_solid-fg);
  background: var(--_solid-bg);
  border-bottom: 1px solid color-mix(in srgb, var(--_solid-fg) 22%, transparent);
  border-start-start-radius: inherit;
  border-start-end-radius: inherit;
}
.controls { display: flex; flex-wrap: wrap; gap: 0.25rem; }
.controls[hidden], .search[hidden], .pause-bar[hidden], .control[hidden] { display: none; }
button {
  display: inline-flex;
  align-items: center;
  justify-content: center;
  gap: 0.375rem;
  min-block-size: 2rem;
  min-inline-size: 2rem;
  padding: 0.25rem 0.625rem;
  border: 1px solid transparent;
  border-radius: 0.5rem;
  color: inherit;
  background: transparent;
  font: inherit;
  cursor: pointer;
}
button:disabled, button[aria-disabled="true"] { opacity: 0.55; cursor: default; }
@media (hover: hover) {
  .bar button:hover:not(:disabled) { background: color-mix(in srgb, var(--_solid-fg) 10%, transparent); }
}
:is(button, select, input):focus-visible { outline: 3px solid var(--_accent); outline-offset: 1px; }
.icon { inline-size: 1.125rem; block-size: 1.125rem; flex: none; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
.resumes { background: var(--_solid-fg); color: var(--_solid-bg); }
.bar .resumes:hover:not(:disabled) { background: var(--_solid-fg); }
.has-controls > .bar, .bar.searches { container: captions / inline-size; }
@container captions (max-width: 40rem) {
  .bar .icon + .words { display: none; }
}
.save-menu { display: flex; flex-wrap: wrap; gap: 0.25rem; }
.save-menu[hidden] { display: none; }
.save-menu button { border-color: var(--_line); }
.search { display: flex; flex: 1 1 18rem; align-items: center; gap: 0.25rem; min-inline-size: 0; }
.search-field {
  flex: 1 1 8rem;
  min-inline-size: 4rem;
  block-size: 2rem;
  box-sizing: border-box;
  padding: 0 0.625rem;
  border: 1px solid var(--_line);
  border-radius: 0.5rem;
  color: var(--_solid-fg);
  background: var(--_solid-bg);
  font: inherit;
}
.search-field::placeholder { color: color-mix(in srgb, var(--_solid-fg) 72%, var(--_solid-bg)); opacity: 1; }
.search-count { flex: none; font-variant-numeric: tabular-nums; }
.search .words { display: none; }
.search button { padding: 0.25rem; }
::highlight(captions-found) { background-color: var(--_found); color: var(--_solid-fg); }
::highlight(captions-current) { background-color: var(--_current); color: var(--_solid-fg); text-decoration: underline solid 2px; }
::highlight(captions-mark) { background-color: var(--_place); color: var(--_solid-fg); }
@supports not selector(::highlight(x)) {
  .line:is([part~="found"]) { outline: 2px dotted currentColor; }
}
.my-mark {
  position: absolute;
  inset-inline-start: -0.85rem;
  inset-block-start: calc(0.5lh - 0.375rem);
  inline-size: 0.55rem;
  block-size: 0.75rem;
  background: var(--_accent);
  clip-path: polygon(0 0, 100% 50%, 0 100%);
}
[dir="rtl"] > .my-mark { transform: scaleX(-1); }
.delay {
  margin: 0;
  margin-inline-start: auto;
  padding: 0.125rem 0.5rem;
  border-radius: 999px;
  font-variant-numeric: tabular-nums;
  color: var(--_solid-fg);
  background: var(--_solid-bg);
  border: 1px solid var(--_line);
}
.delay[hidden] { display: none; }
.base:not(.has-controls) > .bar:not(.searches) { position: absolute; inset-block-start: 0.375rem; inset-inline-end: 0.5rem; z-index: 1; }
:host([lines]) .base:not(.has-controls) > .bar:not(.searches) { position: static; padding: 0 0.5rem; order: 2; }
.base > .bar:not(:has(> :not([hidden]))) { display: none; }
.base:not(.has-controls) > .bar.searches { padding: 0.375rem 0.5rem; color: var(--_solid-fg); background: var(--_solid-bg); }
.earlier:not([hidden]) { min-block-size: 2.25rem; display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 0.75rem; }
.show-earlier { border-color: var(--_line); padding-block: 0.125rem; font-size: 0.9em; }
.show-earlier[hidden] { display: none; }
.back, .pause-bar {
  position: absolute;
  inset-inline-end: 1rem;
  inset-block-end: 0.75rem;
  max-inline-size: calc(100% - 2rem);
  box-sizing: border-box;
  color: var(--_solid-bg);
  background: var(--_solid-fg);
  border: 1px solid var(--_solid-bg);
  box-shadow: 0 2px 10px rgb(0 0 0 / 0.25);
  font: 500 0.875rem/1.3 system-ui, sans-serif;
  letter-spacing: normal;
}
.back { border-radius: 999px; padding: 0.25rem 1rem; }
.back[hidden] { display: none; }
.pause-bar { display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 0.5rem; padding: 0.375rem; padding-inline-start: 0.875rem; border-radius: 0.75rem; }
.pause-bar button { border-color: currentColor; }
.pause-bar .to-live { background: var(--_solid-bg); color: var(--_solid-fg); }
.pause-bar :focus-visible, .back:focus-visible { outline-color: var(--_accent); outline-offset: 2px; }
:host([lines]) .pause-bar { position: static; margin: 0.375rem 0.5rem; max-inline-size: none; box-shadow: none; }
.braille { flex: none; border-top: 1px solid var(--_line); padding: 0.5rem 1rem; color: var(--_solid-fg); background: var(--_solid-bg); font: 1rem/1.5 ui-monospace, 'DejaVu Sans Mono', monospace; }
.braille-lines { block-size: 4.5em; overflow-y: auto; max-inline-size: calc(var(--_cells) * 1ch + 1rem); }
.braille-lines:focus-visible { outline: 3px solid var(--_accent); outline-offset: 2px; }
.braille p { margin: 0; white-space: pre-wrap; }
.braille-skipped { font-style: italic; }
.braille-keys { display: flex; flex-wrap: wrap; gap: 0.375rem; margin-block-start: 0.375rem; font: 500 0.875rem/1.3 system-ui, sans-serif; }
.braille-keys button { border-color: var(--_line); }
.panel {
  box-sizing: border-box;
  inline-size: min(34rem, calc(100vw - 1rem));
  max-block-size: calc(100dvh - 1rem);
  overflow-y: auto;
  padding: 1.25rem;
  border: 1px solid var(--_line);
  border-radius: 0.875rem;
  color: var(--_solid-fg);
  background: var(--_solid-bg);
  box-shadow: 0 16px 48px rgb(0 0 0 / 0.35);
  font: 400 1rem/1.4 system-ui, sans-serif;
  text-align: start;
}
.panel::backdrop { background: rgb(0 0 0 / 0.28); }
.panel h2 { margin: 0 0 0.75rem; font-size: 1.25rem; line-height: 1.25; }
.panel-window {
  padding: 0.625rem 0.875rem;
  border: 1px solid var(--_line);
  border-radius: 0.5rem;
  background: var(--_bg);
  color: var(--_fg);
  font-family: var(--_letters);
  font-size: calc(var(--captions-font-size, 1.125rem) * var(--_u-scale, 1));
  font-variant-caps: var(--_u-caps, normal);
  line-height: 1.4;
  max-block-size: 9rem;
  overflow: auto;
  overflow-wrap: anywhere;
}
.sample { margin: 0; text-shadow: var(--_edge); }
.sample-text { background: var(--_back); box-decoration-break: clone; -webkit-box-decoration-break: clone; }
.sample-mask { padding: 0.05em 0.4em; border-radius: 0.35em; font-size: 0.9em; color: var(--_mask-fg); background: var(--_mask-bg); text-shadow: none; white-space: nowrap; }
.panel-warning:not(:empty), .panel-kept:not(:empty) { margin: 0.625rem 0 0; padding: 0.5rem 0.75rem; border-inline-start: 0.25rem solid #b35c00; background: color-mix(in srgb, #b35c00 14%, transparent); border-radius: 0.25rem; font-size: 0.9375rem; }
.panel-warning:empty, .panel-kept:empty { display: none; }
.panel-fields { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(13rem, 100%), 1fr)); gap: 0.75rem 1rem; margin-block-start: 1rem; }
.panel-group { display: grid; grid-column: 1 / -1; grid-template-columns: repeat(auto-fit, minmax(min(11rem, 100%), 1fr)); gap: 0.25rem 1rem; margin: 0; padding: 0; border: 0; min-inline-size: 0; }
.panel-group legend { padding: 0; font-weight: 600; }
.panel-field { display: flex; flex-direction: column; gap: 0.25rem; min-inline-size: 0; font-weight: 600; }
.panel-field[hidden] { display: none; }
.panel-group .panel-field { font-weight: 400; }
.panel-select {
  min-block-size: 2.25rem;
  inline-size: 100%;
  padding: 0.25rem 0.5rem;
  border: 1px solid var(--_line);
  border-radius: 0.5rem;
  color: var(--_solid-fg);
  background: var(--_solid-bg);
  font: inherit;
  font-weight: 400;
}
@media (min-height: 34rem) { /* what is chosen stays in view, and the way out, where there is room for it */
  .panel-preview { position: sticky; inset-block-start: -1.25rem; z-index: 1; padding-block: 0.75rem 0.5rem; margin-block-start: -0.75rem; background: var(--_solid-bg); }
  .panel-keys { position: sticky; inset-block-end: -1.25rem; padding-block: 0.75rem 1.25rem; margin-block-end: -1.25rem; background: var(--_solid-bg); }
}
.panel-keys { display: flex; flex-wrap: wrap; justify-content: flex-end; gap: 0.5rem; margin-block-start: 1.25rem; }
.panel-keys button { min-block-size: 2.5rem; padding: 0.375rem 1.125rem; border-color: var(--_line); font-weight: 600; }
.panel-done { color: var(--_solid-bg); background: var(--_solid-fg); }
@media (forced-colors: active) {
  .my-mark { background: Highlight; forced-color-adjust: none; }
  button { border-color: ButtonBorder; }
  .resumes { forced-color-adjust: none; background: Highlight; color: HighlightText; }
}
`;
