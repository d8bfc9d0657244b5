/**
 * What a screen reader is given of the captions: whole finals, in a log of their own, never text that still changes.
 * Spoken (`announce="finals"`) or line by line for braille (`braille`).
 */

import { BrailleQueue } from "./caption-braille.js";
import { textRuns } from "./caption-text.js";
import { button, make, setText } from "./caption-shell.js";

/** A screen reader is given whole finals, not more often than this: it queues, and would fall behind. */
export const ANNOUNCE_EVERY_MS = 1500;
/** Announced lines stay this few: the log is for hearing, the list is for reading. */
const ANNOUNCED_KEPT = 20;
/** A braille reader goes back in the log; this is about ten minutes. */
const BRAILLE_KEPT = 200;
/** Seconds for a line: faster nobody is read to, slower is by key. */
const PACE_S = { least: 1, usual: 2, most: 30 };

/** A caption for the ear and the finger: masks by their names. */
export function spokenText(text, words) {
  return textRuns(text, Infinity)
    .map(({ text: said, mask }) => {
      if (mask === null) return said;
      return mask === "open" ? words.openMask : words.closedMask(words.masks[mask]);
    })
    .join("");
}

/** Finals for the ear: gathered, so that a burst is one announcement. */
export class CaptionVoice {
  #log;
  #said;
  #queue = [];
  #timer;

  /** @param {HTMLElement} log  @param {(utterance: string) => string} said a line as it is now, with its speaker; "" if gone */
  constructor(log, said) {
    this.#log = log;
    this.#said = said;
  }

  push(utterance) {
    this.#queue.push(utterance);
    this.#timer ??= setTimeout(() => this.#say(), ANNOUNCE_EVERY_MS);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#queue = [];
  }

  #say() {
    this.#timer = undefined;
    // Read now, not when it came: a mask that was named meanwhile is announced by its name.
    const text = this.#queue.map(this.#said).filter(Boolean).join(" ");
    this.#queue = [];
    if (text === "") return;
    this.#log.append(make("p", "", {}, text));
    while (this.#log.childElementCount > ANNOUNCED_KEPT) this.#log.firstElementChild.remove();
  }
}

/** Finals for the finger: whole words in lines of so many cells, one line at a time, by key or at a pace. */
export class BrailleRegion {
  #queue = new BrailleQueue();
  #lines = make("div", "braille-lines", { role: "log", tabindex: "0" });
  #next = button("braille-next");
  #skip = button("braille-skip");
  #timer;
  #paceMs = PACE_S.usual * 1000;
  #words = null;

  cells = 40;
  node = make("section", "braille", {}, this.#lines, make("div", "braille-keys", {}, this.#next, this.#skip));

  constructor() {
    this.#next.addEventListener("click", () => this.next());
    this.#skip.addEventListener("click", () => {
      this.#queue.skipToNewest();
      this.next();
    });
    this.#lines.addEventListener("keydown", (event) => {
      if (!["Enter", " ", "ArrowDown"].includes(event.key) || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      event.stopPropagation();
      this.next();
    });
  }

  /** @param {string | null} attribute seconds for a line; "0": by key only */
  set pace(attribute) {
    const seconds = attribute === null || attribute.trim() === "" ? PACE_S.usual : Number(attribute);
    this.#paceMs = seconds === 0 ? null : Math.min(Math.max(seconds || PACE_S.usual, PACE_S.least), PACE_S.most) * 1000;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#wait();
  }

  push(text) {
    this.#queue.push(text, this.cells);
    this.#wait();
    this.#name();
  }

  /** Appends the next line. */
  next() {
    const taken = this.#queue.take();
    if (taken) {
      const skipped = taken.skipped > 0 ? this.#words.skippedLines(taken.skipped) : "";
      if (skipped) this.#lines.append(make("p", "braille-skipped", {}, skipped));
      this.#lines.append(make("p", "braille-line", {}, taken.line));
      while (this.#lines.childElementCount > BRAILLE_KEPT) this.#lines.firstElementChild.remove();
      this.#lines.scrollTop = this.#lines.scrollHeight;
    }
    this.#name();
  }

  name(words) {
    this.#words = words;
    this.#lines.setAttribute("aria-label", words.braille);
    this.#lines.style.setProperty("--_cells", this.cells);
    this.#name();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#queue.clear();
  }

  /** The first line at once, the next ones at the reader's pace. */
  #wait() {
    if (this.#paceMs === null || this.#timer !== undefined || this.#queue.waiting === 0) return;
    this.next();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#wait();
    }, this.#paceMs);
  }

  #name() {
    if (!this.#words) return;
    const { waiting } = this.#queue;
    setText(this.#next.querySelector(".words"), this.#words.nextLine(waiting));
    setText(this.#skip.querySelector(".words"), this.#words.skipToNewest);
    // Not `disabled`: a button that is loses the focus of who has just pressed it.
    this.#next.setAttribute("aria-disabled", String(waiting === 0));
    this.#skip.setAttribute("aria-disabled", String(waiting < 2));
  }
}
