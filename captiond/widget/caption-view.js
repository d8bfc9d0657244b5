/**
 * The list on the screen: what is drawn in it, and where its reader is. Follows the newest words only while their end is
 * in view; who reads back keeps the lines where they are, whatever comes or is loaded above.
 */

import { CaptionLines } from "./caption-lines.js";

/** Within this many pixels of the end a reader counts as following. */
const FOLLOW_PX = 24;
/** Within this many pixels of the beginning a reader wants what was before. */
const BEGIN_PX = 8;

export class CaptionView {
  #viewport;
  #watch = null;
  #on;
  #width = 0;
  #top = 0; // where the list was scrolled to
  #letters = "";

  following = true;
  /** Rolled up: no scrolling of the reader's own. */
  rolls = false;
  /** Finals that came since the reader looked away from the end. */
  unread = 0;

  /**
   * @param {HTMLElement} viewport  @param {HTMLElement} list
   * @param {{moved: () => void, began: () => void, resized: () => void}} on the reader left or reached the end; came to the
   * beginning; the lines have another width
   */
  constructor(viewport, list, on) {
    this.#viewport = viewport;
    this.#on = on;
    this.list = list;
    this.lines = new CaptionLines(list);
    viewport.addEventListener("scroll", () => this.#scrolled(), { passive: true });
  }

  watch() {
    this.#watch ??= new ResizeObserver(() => this.#on.resized());
    this.#watch.observe(this.list);
  }

  unwatch() {
    this.#watch?.disconnect();
  }

  /**
   * @param {object[]} items  @param {{label: Function, words: object}} how see CaptionLines.draw
   * @param {boolean} still whether the lines stay where they are, also for who follows
   * @param {() => void} around draws what stands around the lines: it may take room
   */
  draw(items, how, still, around) {
    this.#refit();
    const pin = this.following && !still ? null : this.#pin();
    this.lines.draw(items, how);
    around();
    if (pin) this.#viewport.scrollTop += pin.node.getBoundingClientRect().top - pin.top;
    else this.follow();
  }

  follow() {
    if (!this.following) return;
    this.#viewport.scrollTop = this.#viewport.scrollHeight;
    this.#top = this.#viewport.scrollTop;
  }

  toEnd() {
    this.following = true;
    this.unread = 0;
    this.follow();
  }

  /** Brings a place into view, a third from the top, and stays there. @param {Range | HTMLElement} place */
  show(place) {
    const view = this.#viewport.getBoundingClientRect();
    const at = place.getBoundingClientRect();
    this.following = false;
    if (at.top < view.top || at.bottom > view.bottom) this.#viewport.scrollTop += at.top - view.top - view.height / 3;
    this.#on.moved();
  }

  /** The last line whose end can be seen; null where there is none. */
  get lastSeen() {
    const view = this.#viewport.getBoundingClientRect();
    const seen = this.lines.drawn.filter(({ node }) => {
      const box = node.getBoundingClientRect();
      return box.height > 0 && box.bottom <= view.bottom + 2 && box.bottom > view.top;
    });
    return seen.at(-1) ?? this.lines.drawn.at(-1) ?? null;
  }

  /** Lines are broken for a width and for letters; of other ones nothing is kept. */
  #refit() {
    const style = getComputedStyle(this.list);
    const letters = `${style.font} ${style.letterSpacing} ${style.wordSpacing}`;
    const width = this.list.clientWidth;
    if (width === this.#width && letters === this.#letters) return;
    const first = this.#width === 0;
    this.#width = width;
    this.#letters = letters;
    if (!first) this.lines.relayout();
  }

  /** The first line in view and where it stands: after drawing it stands there again. */
  #pin() {
    const { top } = this.#viewport.getBoundingClientRect();
    for (const node of this.list.children) {
      const box = node.getBoundingClientRect();
      if (box.bottom > top && box.height > 0) return { node, top: box.top };
    }
    return null;
  }

  #scrolled() {
    if (this.rolls) return;
    const { scrollHeight, scrollTop, clientHeight } = this.#viewport;
    const atEnd = scrollHeight - scrollTop - clientHeight <= FOLLOW_PX;
    // Lines may have grown since the list was scrolled to its end (a font has come): only who scrolls up leaves.
    const following = atEnd || (this.following && scrollTop >= this.#top);
    this.#top = scrollTop;
    if (following !== this.following) {
      this.following = following;
      if (following) this.unread = 0;
      this.#on.moved();
    }
    if (!following && scrollTop <= BEGIN_PX) this.#on.began();
  }
}

/** Which languages the captions among `items` are in, as primary subtags, and the items without those in others. */
export function byLanguage(items, chosen, primary) {
  const languages = new Set();
  for (const item of items) if (item.kind === "caption" && item.language) languages.add(primary(item.language));
  // A choice of another call must not empty this one's screen.
  if (!chosen || !languages.has(chosen)) return { items, languages, hidden: 0 };
  const shown = items.filter((item) => item.kind !== "caption" || !item.language || primary(item.language) === chosen);
  return { items: shown, languages, hidden: items.length - shown.length };
}
