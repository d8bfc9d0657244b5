/**
 * Places in the text that are lit up without changing the page: CSS custom highlights. They are the document's, so all
 * widgets of a page share one by each name. Where a browser has none, only the lines are marked (classes).
 */

export class HighlightLayer {
  #name;
  #ranges = [];

  /** @param {string} name "captions-found" and the like; the style is in reading-style.js */
  constructor(name) {
    this.#name = name;
  }

  /** Lights up these ranges and no others of this widget. @param {Range[]} ranges */
  set(ranges) {
    if (!globalThis.CSS?.highlights || (ranges.length === 0 && this.#ranges.length === 0)) return;
    let layer = CSS.highlights.get(this.#name);
    if (!layer) CSS.highlights.set(this.#name, (layer = new Highlight()));
    for (const range of this.#ranges) layer.delete(range);
    for (const range of ranges) layer.add(range);
    this.#ranges = ranges;
    if (layer.size === 0) CSS.highlights.delete(this.#name);
  }
}
