/** The search in the lines: a field, next and previous, how many; places are lit up without moving a line. */

import { findAll, foldText, MAX_QUERY_UNITS } from "./caption-find.js";
import { HighlightLayer } from "./caption-highlights.js";
import { button, make, nameButton, setText } from "./caption-shell.js";

/** Between two looks at lines that grow. */
const REFRESH_MS = 200;

export class CaptionSearch {
  #field = make("input", "search-field", {
    type: "search", maxlength: String(MAX_QUERY_UNITS), autocomplete: "off", spellcheck: "false",
  });
  #count = make("span", "search-count", { role: "status" });
  #previous = button("search-previous", "previous");
  #next = button("search-next", "next");
  #end = button("search-close", "close");
  #all = new HighlightLayer("captions-found");
  #one = new HighlightLayer("captions-current");
  #matches = [];
  #more = false;
  #at = -1;
  #lines;
  #go;
  #closed;
  #drawnFor = "";
  #folds = new Map(); // key of a line -> its text and that text folded; emptied with the search

  /**
   * @param {import("./caption-lines.js").CaptionLines} lines
   * @param {{go: (place: Range) => void, closed: () => void}} on
   */
  constructor(lines, { go, closed }) {
    this.#lines = lines;
    this.#go = go;
    this.#closed = closed;
    const nodes = [this.#field, this.#count, this.#previous, this.#next, this.#end];
    this.node = make("div", "search", { role: "search", hidden: "" }, ...nodes);
    this.#field.addEventListener("input", () => this.#find(true));
    this.#field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      this.step(event.shiftKey ? -1 : 1);
    });
    this.node.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      event.preventDefault();
      this.close();
    });
    this.#previous.addEventListener("click", () => this.step(-1));
    this.#next.addEventListener("click", () => this.step(1));
    this.#end.addEventListener("click", () => this.close());
  }

  get isOpen() { return !this.node.hidden; }

  name(words) {
    this.#field.setAttribute("aria-label", words.find);
    this.#field.placeholder = words.find;
    nameButton(this.#previous, words.findPrevious, "\u21e7\u21b5");
    nameButton(this.#next, words.findNext, "\u21b5");
    nameButton(this.#end, words.findClose, "Esc");
    this.#words = words;
    this.#tell();
  }

  open() {
    this.node.hidden = false;
    this.#field.focus();
    this.#field.select();
    this.#find(false);
  }

  close() {
    if (!this.isOpen) return;
    this.node.hidden = true;
    this.#matches = [];
    this.#folds.clear();
    this.#light();
    this.#closed();
  }

  /** Goes to the next match (1) or the one before (-1), round again. */
  step(by) {
    const { length } = this.#matches;
    if (length === 0) return;
    this.#at = (this.#at + by + length) % length;
    this.#light();
    this.#tell();
    const { key, start, end } = this.#matches[this.#at];
    const range = this.#lines.range(key, start, end);
    if (range) this.#go(range);
  }

  /** What is drawn is another. Nobody reads counts that change sixty times a second. */
  refresh() {
    if (!this.isOpen) return;
    this.#due ??= setTimeout(() => {
      this.#due = undefined;
      if (this.isOpen) this.#find(false);
    }, REFRESH_MS);
  }

  #words = null;
  #due;

  /** @param {boolean} typed another query: begins with the newest match; else the place is kept */
  #find(typed) {
    const lines = this.#lines.drawn;
    const drawn = `${this.#field.value}\n${lines.map(({ key, text }) => `${key}${text.length}`).join()}`;
    const last = this.#matches[this.#at];
    ({ matches: this.#matches, more: this.#more } = findAll(lines, this.#field.value, (line) => this.#folded(line)));
    const same = ({ key, start }) => !typed && key === last?.key && start === last.start;
    this.#at = this.#matches.findIndex(same);
    if (this.#at < 0) this.#at = this.#matches.length - 1;
    this.#light();
    if (drawn !== this.#drawnFor) this.#tell();
    this.#drawnFor = drawn;
    if (typed && this.#matches.length > 0) {
      const { key, start, end } = this.#matches[this.#at];
      const range = this.#lines.range(key, start, end);
      if (range) this.#go(range);
    }
  }

  /** A line is folded once, not with every word that comes. */
  #folded({ key, text }) {
    const known = this.#folds.get(key);
    if (known?.text === text) return known;
    const fold = { text, ...foldText(text) };
    this.#folds.set(key, fold);
    return fold;
  }

  #tell() {
    if (!this.#words) return;
    const asked = this.#field.value.trim() !== "";
    setText(this.#count, asked ? this.#words.found(this.#at + 1, this.#matches.length, this.#more) : "");
    for (const node of [this.#previous, this.#next]) node.disabled = this.#matches.length === 0;
  }

  #light() {
    const ranges = this.#matches.map(({ key, start, end }) => this.#lines.range(key, start, end));
    const lit = new Set(this.#matches.map(({ key }) => key));
    for (const { key, node } of this.#lines.drawn) node.part.toggle("found", lit.has(key));
    this.#all.set(ranges.filter((range, at) => range !== null && at !== this.#at));
    this.#one.set(ranges[this.#at] ? [ranges[this.#at]] : []);
  }
}
