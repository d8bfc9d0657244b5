/**
 * The look of <live-captions>, for a constructable stylesheet: no inline style, so a strict CSP holds.
 *
 * Behaviour is set by attributes, the look by custom properties (--captions-*) and by parts. Three layers: what the page
 * chose (--_page-*), over it what the viewer chose (--_u-*, a sheet of its own), and what is drawn (--_fg and so on).
 * Contrast of settled and of tentative text is at least 7:1 and 4.5:1 on the default backgrounds; the difference is
 * never by colour alone, and changes no width: a word that settles moves nothing.
 */
export const STYLE = `
:host {
  --_page-fg: var(--captions-color, #16181d);
  --_page-bg: var(--captions-background, #ffffff);
  --_page-soft: var(--captions-tentative-color, #545b69);
  --_mask-fg: var(--captions-mask-color, #5b2a00);
  --_mask-bg: var(--captions-mask-background, #ffe9cf);
  --_in: var(--captions-internal-color, #0b5394);
  --_ex: var(--captions-external-color, #7a2e79);
  --_solid-fg: #16181d;
  --_solid-bg: #ffffff;
  --_line: #767d8a;
  --_accent: #0b5394;
  --_found: #ffe08a;
  --_current: #ff9d2e;
  --_place: #cfe6ff;
  display: block;
  position: relative;
  box-sizing: border-box;
  font-family: var(--captions-font-family, system-ui, sans-serif);
  font-size: var(--captions-font-size, 1.125rem);
  line-height: var(--captions-line-height, 1.5);
  /* What a page sets for its own text is not inherited where it could take the words away. On the host, so that what a
     page sets for the element itself holds, and what a viewer sets for everything, as for wider spacing. */
  font-style: normal;
  font-variant: normal;
  font-weight: 400;
  letter-spacing: normal;
  word-spacing: normal;
  text-indent: 0;
  text-transform: none;
  text-align-last: auto;
  text-shadow: none;
  white-space: normal;
  word-break: normal;
  line-break: auto;
  hyphens: manual;
  cursor: auto;
  user-select: text;
  -webkit-user-select: text;
  -webkit-text-fill-color: currentcolor;
  -webkit-text-stroke-width: 0;
}
:host([hidden]) { display: none; }
@media (prefers-color-scheme: dark) {
  :host(:not([theme="light"], [theme="contrast"])) {
    --_page-fg: var(--captions-color, #f1f3f7);
    --_page-bg: var(--captions-background, #14161b);
    --_page-soft: var(--captions-tentative-color, #b3bac7);
    --_mask-fg: var(--captions-mask-color, #ffd9a8);
    --_mask-bg: var(--captions-mask-background, #4a2f12);
    --_in: var(--captions-internal-color, #8ec5ff);
    --_ex: var(--captions-external-color, #f0a8ee);
    --_solid-fg: #f1f3f7;
    --_solid-bg: #14161b;
    --_line: #8b93a3;
    --_accent: #8ec5ff;
    --_found: #6b5200;
    --_current: #9a4b00;
    --_place: #173d63;
    color-scheme: dark;
  }
}
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) {
  --_page-fg: var(--captions-color, #f1f3f7);
  --_page-bg: var(--captions-background, #14161b);
  --_page-soft: var(--captions-tentative-color, #b3bac7);
  --_mask-fg: var(--captions-mask-color, #ffd9a8);
  --_mask-bg: var(--captions-mask-background, #4a2f12);
  --_in: var(--captions-internal-color, #8ec5ff);
  --_ex: var(--captions-external-color, #f0a8ee);
  --_solid-fg: #f1f3f7;
  --_solid-bg: #14161b;
  --_line: #8b93a3;
  --_accent: #8ec5ff;
  --_found: #6b5200;
  --_current: #9a4b00;
  --_place: #173d63;
  color-scheme: dark;
}
:host([theme="contrast"]) {
  --_page-fg: #ffffff;
  --_page-bg: #000000;
  --_page-soft: #ffffff;
  --_mask-fg: #000000;
  --_mask-bg: #ffff00;
  --_in: #ffff00;
  --_ex: #00ffff;
  --_solid-fg: #ffffff;
  --_solid-bg: #000000;
  --_line: #ffffff;
  --_accent: #ffff00;
  --_found: #5c5c00;
  --_current: #8a3a00;
  --_place: #00406b;
  color-scheme: dark;
}
:host([position="top"]), :host([position="bottom"]) {
  position: fixed;
  inset-inline: 0;
  z-index: var(--captions-z-index, 1000);
  width: min(var(--captions-width, 48rem), 100%);
  margin-inline: auto;
}
:host([position="top"]) { top: 0; }
:host([position="bottom"]) { bottom: 0; }
.base, .panel {
  --_fg: color-mix(in srgb, var(--_u-fg, var(--_page-fg)) var(--_u-fg-alpha, 100%), transparent);
  --_bg: color-mix(in srgb, var(--_u-bg, var(--_page-bg)) var(--_u-bg-alpha, 100%), transparent);
  --_back: color-mix(in srgb, var(--_u-back, var(--captions-text-background, transparent)) var(--_u-back-alpha, 100%), transparent);
  --_soft: var(--_page-soft);
  --_edge: var(--_u-edge, var(--captions-edge, none));
  --_letters: var(--_u-font, var(--captions-font-family, system-ui, sans-serif));
}
.base {
  display: flex;
  flex-direction: column;
  position: relative;
  height: 100%;
  box-sizing: border-box;
  border-radius: inherit;
  color: var(--_fg);
  background: var(--_bg);
  font-family: var(--_u-font, inherit);
  font-size: calc(1em * var(--_u-scale, 1));
  font-variant-caps: var(--_u-caps, normal);
  text-align: start;
  overflow-wrap: anywhere;
}
.own-colors {
  --_soft: var(--_fg);
  --_in: var(--_fg);
  --_ex: var(--_fg);
  --_mask-fg: var(--_fg);
  --_mask-bg: transparent;
}
.viewport {
  flex: 1 1 auto;
  min-height: 0;
  overflow-y: auto;
  padding: var(--captions-padding, min(0.75em, 1rem) min(1em, 1.25rem)); /* larger letters need no larger margins */
  overscroll-behavior: contain;
  overflow-anchor: none; /* caption-view keeps the reader's place, where scrolling from the very top is, too */
  scrollbar-width: thin;
}
.viewport:focus-visible { outline: 3px solid var(--_accent); outline-offset: -3px; }
:host([lines]) .base { padding-block: 0.4em; }
:host([lines]) .base.has-controls { padding-block-start: 0; }
:host([lines]) .viewport {
  overflow: hidden;
  padding-block: 0; /* half a line would show there */
  flex: 0 0 auto;
  height: calc(var(--_lines, 3) * 1.5em); /* where there is no unit lh */
  height: calc(var(--_lines, 3) * 1lh);
}
.list { margin: 0; padding: 0; list-style: none; }
:host([max-ch]) .list { max-inline-size: calc(var(--_max-ch) * 1ch); }
:host([lines]) .list { min-height: 100%; display: flex; flex-direction: column; justify-content: flex-end; }
.line { margin: 0; position: relative; text-align: start; text-shadow: var(--_edge); unicode-bidi: isolate; }
.line + .line { margin-top: var(--captions-line-gap, 0.3em); }
:host([lines]) .line + .line { margin-top: 0; }
.speaker { font-weight: 700; margin-inline-end: 0.5em; unicode-bidi: isolate; }
.speaker::after { content: ":"; }
.line[data-channel="internal"] .speaker { color: var(--_in); }
.line[data-channel="external"] .speaker { color: var(--_ex); }
/* Somebody speaks, and no word of it is shown yet (docs/stability.md). A sign to see: not read out, not copied. */
.line[data-waiting] .text::after { content: "\\2026"; content: "\\2026" / ""; color: var(--_soft); }
.text { background: var(--_back); box-decoration-break: clone; -webkit-box-decoration-break: clone; }
.tentative {
  color: var(--_soft);
  text-decoration: underline dotted 0.06em;
  text-underline-offset: 0.25em;
  text-decoration-skip-ink: none;
}
.break::after { content: "\\A"; white-space: pre; } /* made by style: it is not copied, found or read */
.mask {
  padding: 0.05em 0.4em; /* inline, not a block of its own: the full stop after it stays with it */
  border-radius: 0.35em;
  font-size: 0.9em;
  color: var(--_mask-fg);
  background: var(--_mask-bg);
  text-shadow: none;
  white-space: nowrap;
}
.own-colors :is(.mask, .sample-mask) { outline: 0.08em solid currentColor; outline-offset: -0.08em; }
.mask.open { outline: 1px dashed currentColor; outline-offset: -1px; letter-spacing: 0.15em; }
@media (prefers-reduced-motion: no-preference) {
  .mask.open { animation: waiting 1.6s ease-in-out infinite; }
}
@keyframes waiting { 50% { background-color: transparent; } }
.gap {
  margin: 0.5em 0;
  padding: 0.15em 0.6em;
  font-size: 0.85em;
  color: var(--_soft);
  border-inline-start: 0.25em solid currentColor;
}
.earlier, .empty { color: var(--_soft); font-size: 0.85em; margin: 0 0 0.5em; }
.floats .viewport { padding-block-end: 5.5rem; } /* the last line can be scrolled out from under what floats there */
:host([lines]) .floats .viewport { padding-block-end: 0; }
.status, .notice {
  flex: none;
  margin: 0;
  font-size: 0.85em;
  padding: 0.3em 1em;
  color: var(--_soft);
  border-top: 1px solid color-mix(in srgb, currentColor 35%, transparent);
}
.notice[hidden] { display: none; }
.status[data-state="failed"] { color: var(--_fg); font-weight: 600; }
.unseen {
  position: absolute !important;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
  border: 0;
  padding: 0;
}
@media (forced-colors: active) {
  .mask, .sample-mask { border: 1px solid CanvasText; }
  .tentative, .gap { color: CanvasText; }
}
@media (prefers-contrast: more) {
  .base { --_soft: var(--_fg); } /* on .base: the host's own rules for a theme are more specific than this one */
}
`;
