/** Where a reader is at one element, and what moves it: pause and going on, the way back to live, marks, clearing. */

import { CaptionMarks, lastWord, selectedPlace } from "./caption-marks.js";

export class ElementReading {
  #host;
  #source;
  #view;
  #on;
  #marks = new CaptionMarks();

  /**
   * @param {HTMLElement} host
   * @param {import("./caption-source.js").CaptionSource} source
   * @param {import("./caption-view.js").CaptionView} view
   * @param {{emit: (type: string, detail: object) => void, draw: () => void, drawNow: () => void, shown: () => object[],
   * searching: () => boolean}} on `draw` at the next frame; `shown` are the items on the screen
   */
  constructor(host, source, view, on) {
    this.#host = host;
    this.#source = source;
    this.#view = view;
    this.#on = on;
  }

  get #reader() { return this.#source.reader; }
  get paused() { return this.#reader.paused; }
  get marks() { return this.#marks.count; }

  /** The attribute `paused` came or went. */
  pausedIs(paused) {
    if (paused === this.paused) return;
    if (!paused) return void this.#resumed("live");
    this.#reader.pause(this.#on.shown());
    this.#view.unread = this.#view.following ? 0 : this.#view.unread;
    this.#on.emit("captions-pause", {});
  }

  toggle() {
    if (this.paused) this.resume("live");
    else this.#host.toggleAttribute("paused", true);
  }

  /** @param {"live" | "here"} where to the newest words, or on from where the reader is */
  resume(where) {
    if (!this.paused) return;
    this.#resumed(where);
    this.#host.toggleAttribute("paused", false);
  }

  #resumed(where) {
    const lines = this.#view.unread;
    this.#reader.resume();
    if (where === "live") this.#view.toEnd();
    else this.hold();
    this.#on.emit("captions-resume", { where, lines });
    this.#on.draw();
  }

  /** The reader stays here, and so do the lines. */
  hold() {
    this.#view.following = false;
    this.#reader.holding = true;
  }

  toLive() {
    if (this.paused) return this.resume("live");
    this.#view.toEnd();
    return this.#on.draw();
  }

  clear() {
    this.#reader.clear();
    this.#on.draw();
  }

  /** Nothing was said for so long; who reads back, has paused or is looking for something keeps the lines. */
  quiet() {
    if (this.#view.following && !this.paused && !this.#on.searching()) this.clear();
  }

  /** A mark at the selected words, else at the last one in view; or that line's mark is taken away. */
  mark() {
    const place = selectedPlace(this.#view.lines, this.#host.shadowRoot) ?? lastWord(this.#view.lastSeen);
    if (place) this.#marks.toggle(place);
    this.#on.draw();
  }

  toMark() {
    const mark = this.#marks.take();
    if (!mark) return;
    this.hold();
    if (!this.#reader.revealTo(mark.key)) return void this.#marks.toggle(mark); // no longer kept
    this.#on.drawNow();
    const { lines } = this.#view;
    const place = lines.range(mark.key, mark.start, mark.end) ?? lines.nodeOf(mark.key);
    if (place) this.#view.show(place);
  }

  /** Another call. @param {boolean} paused whether it begins paused */
  forget(paused) {
    this.#marks.forget();
    this.#view.toEnd();
    if (paused) this.#reader.pause([]);
  }

  /** Before drawing: who follows needs no earlier lines, who does not keeps those that the feed drops. */
  settle() {
    this.#reader.holding = !this.#view.following;
    if (this.#view.following && !this.paused) this.#reader.atEnd();
  }

  /** After drawing. @param {string} word for a mark's sign */
  drawMarks(word) {
    this.#marks.draw(this.#view.lines, word);
  }

  /** The element left the page: what the document lights up for it goes out. */
  away() {
    this.#marks.dark();
  }
}
