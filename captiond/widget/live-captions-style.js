/**
 * The look of <live-captions>, for a constructable stylesheet: no inline style, so a strict CSP holds.
 *
 * Behaviour is set by attributes, the look by custom properties (--captions-*) and by parts. Contrast of settled and of
 * tentative text is at least 7:1 and 4.5:1 on the default backgrounds; the difference is never by colour alone.
 */
export const STYLE = `
:host {
  --_fg: var(--captions-color, #16181d);
  --_bg: var(--captions-background, #ffffff);
  --_soft: var(--captions-tentative-color, #545b69);
  --_mask-fg: var(--captions-mask-color, #5b2a00);
  --_mask-bg: var(--captions-mask-background, #ffe9cf);
  --_in: var(--captions-internal-color, #0b5394);
  --_ex: var(--captions-external-color, #7a2e79);
  --_edge: var(--captions-edge, none);
  display: block;
  position: relative;
  box-sizing: border-box;
  color: var(--_fg);
  background: var(--_bg);
  font: var(--captions-font-size, 1.125rem)/var(--captions-line-height, 1.5) var(--captions-font-family, system-ui, sans-serif);
  text-align: start;
  overflow-wrap: anywhere;
}
:host([hidden]) { display: none; }
@media (prefers-color-scheme: dark) {
  :host(:not([theme="light"])) {
    --_fg: var(--captions-color, #f1f3f7);
    --_bg: var(--captions-background, #14161b);
    --_soft: var(--captions-tentative-color, #b3bac7);
    --_mask-fg: var(--captions-mask-color, #ffd9a8);
    --_mask-bg: var(--captions-mask-background, #4a2f12);
    --_in: var(--captions-internal-color, #8ec5ff);
    --_ex: var(--captions-external-color, #f0a8ee);
  }
}
:host([theme="dark"]) {
  --_fg: var(--captions-color, #f1f3f7);
  --_bg: var(--captions-background, #14161b);
  --_soft: var(--captions-tentative-color, #b3bac7);
  --_mask-fg: var(--captions-mask-color, #ffd9a8);
  --_mask-bg: var(--captions-mask-background, #4a2f12);
  --_in: var(--captions-internal-color, #8ec5ff);
  --_ex: var(--captions-external-color, #f0a8ee);
}
.base { display: flex; flex-direction: column; height: 100%; box-sizing: border-box; }
.viewport {
  flex: 1 1 auto;
  min-height: 0;
  overflow-y: auto;
  padding: var(--captions-padding, 0.75em 1em);
  overscroll-behavior: contain;
  scrollbar-width: thin;
}
.viewport:focus-visible { outline: 3px solid currentColor; outline-offset: -3px; }
:host([lines]) .viewport {
  overflow: hidden;
  flex: 0 0 auto;
  height: calc(var(--_lines, 3) * var(--captions-line-height, 1.5) * 1em);
}
.list { margin: 0; padding: 0; list-style: none; }
:host([lines]) .list { min-height: 100%; display: flex; flex-direction: column; justify-content: flex-end; }
.line { margin: 0; text-shadow: var(--_edge); unicode-bidi: isolate; }
.line + .line { margin-top: var(--captions-line-gap, 0.3em); }
:host([lines]) .line + .line { margin-top: 0; }
.speaker { font-weight: 700; margin-inline-end: 0.5em; unicode-bidi: isolate; }
.speaker::after { content: ":"; }
.line[data-channel="internal"] .speaker { color: var(--_in); }
.line[data-channel="external"] .speaker { color: var(--_ex); }
.text { unicode-bidi: isolate; }
.tentative { color: var(--_soft); font-style: italic; }
.mask {
  padding: 0.05em 0.4em; /* inline, not a block of its own: the full stop after it stays with it */
  border-radius: 0.35em;
  font-style: normal;
  font-size: 0.9em;
  color: var(--_mask-fg);
  background: var(--_mask-bg);
  text-shadow: none;
  white-space: nowrap;
}
.mask.open { outline: 1px dashed currentColor; outline-offset: -1px; letter-spacing: 0.15em; }
@media (prefers-reduced-motion: no-preference) {
  .mask.open { animation: waiting 1.6s ease-in-out infinite; }
}
@keyframes waiting { 50% { opacity: 0.62; } }
.gap {
  margin: 0.5em 0;
  padding: 0.15em 0.6em;
  font-size: 0.85em;
  color: var(--_soft);
  border-inline-start: 0.25em solid currentColor;
}
.earlier, .empty { color: var(--_soft); font-size: 0.85em; margin: 0 0 0.5em; }
.status {
  flex: none;
  font-size: 0.85em;
  padding: 0.3em 1em;
  color: var(--_soft);
  border-top: 1px solid color-mix(in srgb, currentColor 35%, transparent);
}
.status:empty { display: none; }
.status[data-state="failed"] { color: var(--_fg); font-weight: 600; }
.back {
  position: absolute;
  inset-inline-end: 1em;
  bottom: 0.75em;
  min-height: 2.25em;
  padding: 0.35em 1em;
  border: 1px solid currentColor;
  border-radius: 999px;
  color: var(--_bg);
  background: var(--_fg);
  font: inherit;
  font-size: 0.85em;
  cursor: pointer;
}
.back:focus-visible { outline: 3px solid var(--_in); outline-offset: 2px; }
.back[hidden] { display: none; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (forced-colors: active) {
  .mask { border: 1px solid CanvasText; }
  .tentative, .gap { color: CanvasText; }
}
@media (prefers-contrast: more) {
  .base { --_soft: var(--_fg); } /* on .base: the host's own rules for a theme are more specific than this one */
}
`;
