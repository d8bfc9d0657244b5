/** Knows when nothing has been said for so long that the lines may go, but not before they can have been read. */

/** BBC: a third of a second for a word, and some. */
const READ_WORD_MS = 350;
/** A long line is no reason to stand for minutes. */
const READ_MOST_MS = 12_000;

/** How long a line stands after its last word came, in ms. @param {string} text  @param {number} afterS of silence */
export function standsMs(text, afterS) {
  const words = text.split(/\s+/).filter(Boolean).length;
  return Math.max(afterS * 1000, Math.min(words * READ_WORD_MS, READ_MOST_MS));
}

export class Silence {
  #quiet;
  #timer;
  #text = "";
  #afterS = null;

  /** @param {() => void} quiet */
  constructor(quiet) {
    this.#quiet = quiet;
  }

  /** Seconds of silence; null: never. */
  set afterS(seconds) {
    this.#afterS = seconds;
    this.heard(this.#text);
  }

  heard(text) {
    this.#text = text;
    clearTimeout(this.#timer);
    if (this.#afterS !== null) this.#timer = setTimeout(this.#quiet, standsMs(text, this.#afterS));
  }

  stop() {
    clearTimeout(this.#timer);
  }
}
