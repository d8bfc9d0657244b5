/**
 * A reader's own marks: "here I was". A mark stays at its words, however many lines come. In a study of people who read
 * captions beside something else, marking the place helped more than pausing did (Lasecki, Kushalnagar, Bigham 2014).
 */

import { HighlightLayer } from "./caption-highlights.js";

/** More places nobody finds again. The oldest goes. */
export const MAX_MARKS = 50;

export class CaptionMarks {
  #marks = []; // {key, start, end}, in the order in which they were set
  #light = new HighlightLayer("captions-mark");
  #next = -1;

  get count() { return this.#marks.length; }

  /** Sets a mark at these words of a line, or takes away the one that the line has. @returns {boolean} whether it is set */
  toggle({ key, start, end }) {
    const at = this.#marks.findIndex((mark) => mark.key === key);
    if (at >= 0) this.#marks.splice(at, 1);
    else this.#marks.push({ key, start, end });
    if (this.#marks.length > MAX_MARKS) this.#marks.shift();
    this.#next = this.#marks.length - 1;
    return at < 0;
  }

  /** The mark to go to: the newest first, then the one before, round again. Null where there is none. */
  take() {
    if (this.#marks.length === 0) return null;
    const mark = this.#marks[Math.min(Math.max(this.#next, 0), this.#marks.length - 1)];
    this.#next = this.#next <= 0 ? this.#marks.length - 1 : this.#next - 1;
    return mark;
  }

  /** Of another call, or of lines that are no longer kept. @param {(key: string) => boolean} kept */
  forget(kept = () => false) {
    this.#marks = this.#marks.filter((mark) => kept(mark.key));
    this.#next = Math.min(this.#next, this.#marks.length - 1);
  }

  /** Shows the marks on what is drawn. @param {import("./caption-lines.js").CaptionLines} lines  @param {string} word */
  draw(lines, word) {
    const ranges = [];
    const marked = new Set();
    for (const { key, start, end } of this.#marks) {
      const node = lines.nodeOf(key);
      if (!node) continue;
      marked.add(node);
      const range = lines.range(key, start, end);
      if (range) ranges.push(range);
      if (!node.querySelector(".my-mark")) node.prepend(markNode(word));
      node.part.add("marked");
    }
    for (const node of this.#drawn) {
      if (marked.has(node)) continue;
      node.querySelector(".my-mark")?.remove();
      node.part.remove("marked");
    }
    this.#drawn = marked;
    this.#light.set(ranges);
  }

  /** Lights nothing up until the next drawing. */
  dark() {
    this.#light.set([]);
  }

  #drawn = new Set();
}

function markNode(word) {
  const node = document.createElement("span");
  node.className = "my-mark";
  node.setAttribute("part", "mark-sign");
  node.setAttribute("role", "img");
  node.setAttribute("aria-label", word);
  return node;
}

/** The selected words, if they are in one of the lines: {key, start, end}, else null. @param {ShadowRoot} root */
export function selectedPlace(lines, root) {
  const selection = root.getSelection?.() ?? globalThis.getSelection();
  if (!selection || selection.rangeCount === 0 || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  for (const { key, node, text } of lines.drawn) {
    if (!node.contains(range.startContainer)) continue;
    const before = document.createRange();
    before.setStart(node.querySelector(".text"), 0);
    before.setEnd(range.startContainer, range.startOffset);
    const start = Math.min(before.toString().length, text.length - 1);
    return { key, start, end: Math.min(Math.max(start + range.toString().length, start + 1), text.length) };
  }
  return null;
}

/** The last word of a drawn line, null without one: where a reader who follows is. */
export function lastWord(line) {
  const word = line && /\S+\s*$/.exec(line.text);
  return word ? { key: line.key, start: word.index, end: line.text.trimEnd().length } : null;
}
