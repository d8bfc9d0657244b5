/**
 * What of a growing caption is on the screen now: between the feed, which knows the newest words, and the lines, which
 * draw them. No DOM, no clock: the time is an argument. The rule and its figures: docs/stability.md.
 *
 * Nothing is ever shown that is not in the newest revision: a shown text is the newest text's beginning, so what a
 * newer revision masks or takes back is gone at once.
 */

import { unitsOfCodePoints } from "./caption-text.js";

/** How long a word must have stood unchanged before it is shown, in ms; Infinity: until its final. */
export const PROFILES = { responsive: 0, balanced: 1000, steady: 3000, finals: Infinity };

const WORD = /\S+/g;

export class Stabiliser {
  #profile = "responsive";
  #open = new Map(); // utterance -> {caption, words, since, view}

  /** @param {{profile?: "responsive" | "balanced" | "steady" | "finals"}} options an unknown profile is responsive */
  constructor({ profile = "responsive" } = {}) {
    this.profile = profile;
  }

  get profile() { return this.#profile; }
  set profile(name) { this.#profile = Object.hasOwn(PROFILES, name) ? name : "responsive"; }

  /**
   * Takes in a revision as it came, and answers what is shown of it now: the caption itself where that is all of it,
   * else a copy with a shorter `text` and its `stableLength`, and `waiting: true`. The same object while nothing changes.
   * @param {object} caption of a CaptionFeed  @param {number} nowMs any clock that never goes back
   */
  apply(caption, nowMs) {
    const known = this.#open.get(caption.utterance);
    if (caption.final || this.#profile === "responsive") {
      this.#open.delete(caption.utterance);
      return caption;
    }
    if (known?.caption !== caption) {
      const words = [...caption.text.matchAll(WORD)].map((found) => ({ text: found[0], end: found.index + found[0].length }));
      let same = 0;
      while (known && same < Math.min(words.length, known.words.length) && words[same].text === known.words[same].text) same += 1;
      const since = words.map((_, at) => (at < same ? known.since[at] : nowMs));
      this.#open.set(caption.utterance, { caption, words, since, view: null });
    }
    return this.#view(this.#open.get(caption.utterance), nowMs);
  }

  /** The items of a feed as they are to be drawn now; captions of which nothing is shown yet are left out. */
  items(items, nowMs) {
    const there = new Set();
    const shown = [];
    for (const item of items) {
      const view = item.kind === "caption" ? this.apply(item, nowMs) : item;
      if (item.kind === "caption") there.add(item.utterance);
      if (item.kind !== "caption" || view.text !== "" || view === item) shown.push(view);
    }
    for (const utterance of this.#open.keys()) if (!there.has(utterance)) this.#open.delete(utterance);
    return shown;
  }

  /** When, by the clock of `apply`, more is to be shown though nothing came; null where nothing waits for a time. */
  get nextDueMs() {
    const holdMs = PROFILES[this.#profile];
    if (!Number.isFinite(holdMs)) return null;
    let due = null;
    for (const { since, view } of this.#open.values()) {
      const next = since[view.shown];
      if (next !== undefined && (due === null || next + holdMs < due)) due = next + holdMs;
    }
    return due;
  }

  #view(open, nowMs) {
    const holdMs = PROFILES[this.#profile];
    let shown = 0;
    while (shown < open.words.length && open.since[shown] + holdMs <= nowMs) shown += 1;
    if (open.view?.shown !== shown) open.view = { shown, item: cut(open, shown) };
    return open.view.item;
  }
}

function cut({ caption, words }, shown) {
  if (shown === words.length) return caption;
  const text = shown === 0 ? "" : caption.text.slice(0, words[shown - 1].end);
  const settled = unitsOfCodePoints(caption.text, caption.stableLength) <= text.length ? caption.stableLength : [...text].length;
  return { ...caption, text, stableLength: settled, waiting: true };
}
