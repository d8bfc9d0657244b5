/**
 * What one reader has before the eyes: the feed's lines, earlier ones that were asked for, and none that came while the
 * reader had paused. No DOM, no clock.
 *
 * A feed forgets finals that are old; this keeps them for who reads back, pauses or has a mark there.
 */

import { MASK } from "./caption-text.js";

/** About three hours of talk. Text only: what is not revealed costs no layout. */
export const KEEP_EARLIER = 2000;
/** Lines that one step back reveals: some screens full, and no more layout than a snapshot costs. */
export const REVEAL_LINES = 100;

/** Which line an item is, through all its revisions. */
export function keyOf(item) {
  return item.kind === "caption" ? `caption ${item.utterance}` : `${item.kind} ${item.index}`;
}

const isFinal = (item) => item.kind === "caption" && item.final;

export class CaptionReader {
  #feed;
  #keep;
  #before = []; // finals, gaps and losses older than the feed's first item
  #revealed = 0; // how many of these are shown, from the newest back
  #cleared = new Set(); // keys of the feed's items that were taken off the screen
  #paused = null; // {keys, index, views: Map(utterance -> view)}
  #last = null; // {items, epoch, total}: before a snapshot replaces it

  /** Whether lines that the feed drops stay on the screen: they are being read. */
  holding = false;

  /** @param {import("./caption-feed.js").CaptionFeed} feed  @param {{keep?: number}} options */
  constructor(feed, { keep = KEEP_EARLIER } = {}) {
    this.#feed = feed;
    this.#keep = keep;
    feed.onTrim = (item) => this.#trimmed(item);
  }

  get paused() { return this.#paused !== null; }

  /** Finals that are known to have been said and are not shown. */
  get earlier() {
    const shown = this.#shownBefore().filter(isFinal).length;
    let cleared = 0;
    for (const item of this.#feed.items) if (isFinal(item) && this.#cleared.has(keyOf(item))) cleared += 1;
    return Math.max(0, this.#feed.earlierFinals - shown) + cleared;
  }

  /** Of those, how many a step back can show without asking the server. */
  get kept() {
    return this.#before.filter(isFinal).length - this.#shownBefore().filter(isFinal).length + this.#cleared.size;
  }

  /**
   * Takes note of what the feed made of a message.
   * @returns {{missed: number | null} | null} after a snapshot that replaced a screen: finals that this reader was
   * never given; null where that cannot be known. Null where there is nothing to tell.
   */
  changed(change) {
    let told = null;
    if (change.what === "welcome") return null; // a new epoch is the snapshot's to tell
    if (change.what === "reset") told = this.#replaced();
    else if (change.what === "caption" && !change.correction) this.#cleared.delete(keyOf(change.caption));
    const { items, epoch } = this.#feed;
    this.#last = { items, epoch, total: this.#feed.earlierFinals + items.filter(isFinal).length };
    return told;
  }

  /**
   * What to draw now.
   * @param {object[]} live the feed's items as they are to be drawn (the same, or stabilised)
   */
  items(live) {
    const before = this.#shownBefore();
    let items = before.length === 0 ? live : [...before, ...live];
    if (this.#cleared.size > 0) items = items.filter((item) => !this.#cleared.has(keyOf(item)));
    if (!this.#paused) return items;
    const { keys, index, views } = this.#paused;
    const old = new Set(before);
    return items
      .filter((item) => keys.has(keyOf(item)) || (old.has(item) && (item.firstIndex ?? item.index) <= index))
      .map((item) => this.#frozen(item, views.get(item.utterance)));
  }

  /** From now on nothing new is shown. @param {object[]} shown what is drawn at this moment */
  pause(shown) {
    if (this.#paused) return;
    const views = new Map();
    for (const item of shown) if (item.kind === "caption" && !item.final) views.set(item.utterance, item);
    this.#paused = { keys: new Set(shown.map(keyOf)), index: this.#feed.index ?? -1, views };
  }

  resume() {
    this.#paused = null;
  }

  /** Shows `count` more of the earlier lines. @returns {boolean} whether there were any */
  reveal(count = REVEAL_LINES) {
    if (this.#cleared.size > 0) {
      this.#cleared.clear();
      return true;
    }
    if (this.#revealed >= this.#before.length) return false;
    this.#revealed = Math.min(this.#before.length, this.#revealed + count);
    return true;
  }

  /** Reveals as far back as that line. @returns {boolean} whether it is here */
  revealTo(key) {
    this.#cleared.delete(key);
    if (this.#feed.items.some((item) => keyOf(item) === key)) return true;
    const at = this.#before.findIndex((item) => keyOf(item) === key);
    if (at < 0) return false;
    this.#revealed = Math.max(this.#revealed, this.#before.length - at);
    return true;
  }

  /** Back at the newest words: earlier lines leave the screen again. */
  atEnd() {
    this.#revealed = 0;
  }

  /** Takes off the screen what is on it. An open line that goes on comes back; earlier lines can be revealed again. */
  clear() {
    this.#revealed = 0;
    this.#cleared = new Set(this.#feed.items.map(keyOf));
  }

  /**
   * Earlier finals from the transcript, all there are: they take the place of those kept here, gaps stay behind the
   * line after which they were.
   * @param {object[]} captions in order, as `readTranscript` gives them
   */
  recall(captions) {
    const follows = new Map(); // utterance -> gaps after it
    let last = "";
    for (const item of this.#before) {
      if (item.kind === "caption") last = item.utterance;
      else if (item.kind === "gap") follows.set(last, [...(follows.get(last) ?? []), item]);
    }
    const here = this.#feed.captions;
    const recalled = [...(follows.get("") ?? [])];
    for (const caption of captions) {
      if (here.has(caption.utterance)) continue;
      recalled.push(caption, ...(follows.get(caption.utterance) ?? []));
    }
    this.#before = recalled.slice(-this.#keep);
    this.#revealed = Math.min(this.#revealed, this.#before.length);
  }

  /** Every line that is kept, shown or not: for who looks for a word or a mark. */
  get all() {
    return [...this.#before, ...this.#feed.items];
  }

  #shownBefore() {
    return this.#revealed === 0 ? [] : this.#before.slice(-this.#revealed);
  }

  /** An open line stays as it was when the reader paused, unless what came since masks something of it. */
  #frozen(item, view) {
    if (view === undefined) return item;
    const { text } = this.#feed.captions.get(item.utterance) ?? item; // all that came, also what is not shown yet
    let masked = 0;
    for (const found of text.matchAll(MASK)) masked = found.index + found[0].length;
    return view.text.startsWith(text.slice(0, masked)) ? view : item;
  }

  #trimmed(item) {
    this.#before.push(item);
    if (this.holding || this.#paused || this.#revealed > 0) this.#revealed += 1;
    while (this.#before.length > this.#keep) this.#before.shift();
    this.#revealed = Math.min(this.#revealed, this.#before.length);
  }

  #replaced() {
    const { epoch, items, earlierFinals } = this.#feed;
    const last = this.#last;
    this.#cleared = new Set([...this.#cleared].filter((key) => items.some((item) => keyOf(item) === key)));
    if (last === null) return null;
    const there = new Set(items.map(keyOf));
    const same = last.epoch === epoch;
    // In another numbering nothing says which of the old lines are among the new ones' predecessors.
    const stays = (item) => (same ? item.kind === "gap" || item.final : this.paused);
    const gone = last.items.filter((item) => !there.has(keyOf(item)) && stays(item));
    if (!same && !this.#paused) {
      this.#before = [];
      this.#revealed = 0;
    }
    this.#before = this.#before.filter((item) => !there.has(keyOf(item)));
    const held = this.#before.length;
    this.#before.push(...gone);
    const missed = same ? Math.max(0, earlierFinals - last.total) : null;
    if (missed !== 0) this.#before.push({ kind: "missed", lines: missed, index: this.#feed.index });
    if (this.holding || this.#paused) this.#revealed += this.#before.length - held;
    this.#before = this.#before.slice(-this.#keep);
    this.#revealed = Math.min(this.#revealed, this.#before.length);
    return missed === 0 ? null : { missed };
  }
}
