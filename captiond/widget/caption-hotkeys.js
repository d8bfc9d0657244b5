/** Keys of <live-captions>: single letters, only while the focus is inside (WCAG 2.1.4); each can be off. No DOM. */

/** Key -> what it does. `hotkeys="nop nof"` turns keys off, `hotkeys="off"` all of them. */
export const HOTKEYS = {
  p: "pause",
  f: "search",
  "/": "search",
  m: "mark",
  b: "to-mark",
  l: "live",
  s: "settings",
  "+": "larger",
  "-": "smaller",
  n: "next-line",
};

/**
 * What a key press asks for; null for nothing.
 * @param {{key: string, ctrlKey?: boolean, altKey?: boolean, metaKey?: boolean, isComposing?: boolean}} press
 * @param {string} off the attribute `hotkeys`
 */
export function hotkeyAction(press, off = "") {
  if (press.ctrlKey || press.altKey || press.metaKey || press.isComposing) return null; // the browser's own
  const key = press.key.length === 1 ? press.key.toLowerCase() : "";
  const tokens = off.toLowerCase().split(/\s+/);
  if (!Object.hasOwn(HOTKEYS, key) || tokens.includes("off") || tokens.includes(`no${key}`)) return null;
  return HOTKEYS[key];
}
