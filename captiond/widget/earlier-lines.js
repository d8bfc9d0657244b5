/** The lines above the first one: how many there are, and the ways to have them: kept here, or from the transcript. */

import { nameButton, setText } from "./caption-shell.js";

export class EarlierLines {
  #parts;
  #on;
  #state = ""; // "", "loading", "loaded", "refused", "failed"
  #asked = 0;

  /**
   * @param {Record<string, HTMLElement>} parts of makeShell
   * @param {{reader: () => object, load: () => Promise<object[]>, mayLoad: () => boolean, drawn: () => void, hold: () => void}} on
   */
  constructor(parts, on) {
    this.#parts = parts;
    this.#on = on;
    parts.showEarlier.addEventListener("click", () => {
      this.more();
      parts.viewport.focus({ preventScroll: true }); // the button may go
    });
  }

  /** The reader came to the beginning. */
  reached() {
    if (this.#on.reader().kept > 0 || (this.#open && this.#state === "")) this.more();
  }

  more() {
    const reader = this.#on.reader();
    this.#on.hold();
    if (reader.reveal()) this.#on.drawn();
    else if (this.#open) this.#load();
  }

  /** What was loaded is of another call, or no longer all. */
  forget() {
    this.#asked += 1;
    this.#state = "";
  }

  get #open() {
    return this.#on.mayLoad() && this.#on.reader().earlier > 0 && this.#state !== "loading";
  }

  async #load() {
    this.#asked += 1;
    const asked = this.#asked;
    this.#state = "loading";
    this.#on.drawn();
    let state;
    let captions = [];
    try {
      captions = await this.#on.load();
      state = "loaded";
    } catch (error) {
      state = error.why ?? "failed";
    }
    if (asked !== this.#asked) return;
    this.#state = state;
    if (state === "loaded") {
      const reader = this.#on.reader();
      reader.recall(captions);
      reader.reveal();
    }
    this.#on.drawn();
  }

  draw(words, rolls) {
    const { earlier, earlierWords, showEarlier } = this.#parts;
    const reader = this.#on.reader();
    const count = reader.earlier;
    earlier.hidden = rolls || count === 0;
    const told = { loading: words.loading, refused: words.historyRefused, failed: words.historyFailed }[this.#state];
    setText(earlierWords, told ?? words.earlier(count));
    showEarlier.hidden = reader.kept === 0 && (!this.#open || this.#state === "refused" || this.#state === "loaded");
    nameButton(showEarlier, words.showEarlier);
  }
}
