/**
 * Captions as lines for a braille display: whole words, so many cells wide, one line at a time. No DOM, no clock.
 *
 * W3C RAUR, requirement 18a: text in real time is buffered to whole lines, or braille stutters. Only finals come here.
 */

/** What most displays have; 14 to 80 are built. */
export const DEFAULT_CELLS = 40;
/** An hour behind; older lines go, and it is said how many. */
export const MAX_WAITING_LINES = 2000;

/** Breaks `text` into lines of at most `cells` characters, between words; a word that is longer is cut. */
export function brailleLines(text, cells) {
  const lines = [];
  let line = "";
  for (const word of text.split(/\s+/).filter(Boolean)) {
    let rest = [...word];
    if (line !== "" && [...line].length + 1 + rest.length <= cells) {
      line += ` ${word}`;
      continue;
    }
    if (line !== "") lines.push(line);
    for (; rest.length > cells; rest = rest.slice(cells)) lines.push(rest.slice(0, cells).join(""));
    line = rest.join("");
  }
  if (line !== "") lines.push(line);
  return lines;
}

/** `braille="32"` -> 32; "" -> 40; null (no attribute) -> null. */
export function brailleCells(attribute) {
  if (attribute === null) return null;
  const cells = Math.trunc(Number(attribute));
  return attribute.trim() !== "" && cells >= 10 && cells <= 160 ? cells : DEFAULT_CELLS;
}

export class BrailleQueue {
  #lines = [];
  #skipped = 0;

  get waiting() { return this.#lines.length; }

  /** One finished utterance, as it is to be read. */
  push(text, cells) {
    this.#lines.push(...brailleLines(text, cells));
    const over = this.#lines.length - MAX_WAITING_LINES;
    if (over > 0) this.#skip(over);
  }

  /** The next line and how many were skipped before it; null where none waits. */
  take() {
    if (this.#lines.length === 0) return null;
    const skipped = this.#skipped;
    this.#skipped = 0;
    return { line: this.#lines.shift(), skipped };
  }

  /** Leaves only the newest line. */
  skipToNewest() {
    this.#skip(this.#lines.length - 1);
  }

  clear() {
    this.#lines = [];
    this.#skipped = 0;
  }

  #skip(count) {
    if (count <= 0) return;
    this.#lines.splice(0, count);
    this.#skipped += count;
  }
}
