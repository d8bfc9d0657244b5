/**
 * What of a growing caption is on the screen now: between the feed, which knows the newest words, and the lines, which
 * draw them. No DOM, no clock: the time is an argument. The rule, its figures and its price: docs/stability.md.
 *
 * A word is shown once it has stood unchanged for a while, and how long that has to be is learned from this stream: it
 * is the shortest wait by which, in what was said lately, no more would have been taken back than the profile allows.
 *
 * Privacy goes before stability. What is shown is always the beginning of the newest revision, word for word; only
 * case and punctuation of a word may be those it was first shown in. So whatever a revision masks, takes back or changes
 * is gone with that revision, and a mask takes the place of shown words at once.
 */

import { inCommon, readWords } from "./caption-tokens.js";

/**
 * What a profile promises.
 *
 * `aim`: at most so many words taken back for each word of the finals; null: nothing is learned. `standMs`: no word that
 * stands waits longer. `latestMs`: never further behind the recogniser, whether words stand or not. Both bounds go
 * before the aim: text always comes.
 */
export const PROFILES = {
  responsive: { aim: null, standMs: 0, latestMs: 0 },
  balanced: { aim: 0.12, standMs: 7000, latestMs: 10_000 },
  steady: { aim: 0.01, standMs: 10_000, latestMs: 15_000 },
  finals: { aim: null, standMs: Infinity, latestMs: Infinity },
};
/** What counts as settled is to be taken back this rarely. */
const SETTLED_AIM = PROFILES.steady.aim;
/** The waits that are tried out, in ms, each about half as long again as the one before. */
const WAITS_MS = [0, 200, 300, 500, 750, 1000, 1500, 2000, 3000, 4500];
/** Before anything is known: as if so many words had been said, and this share of them taken back by every wait. */
const PRIOR_WORDS = 20;
const PRIOR_SHARE = 0.75;
/** What was said so many words ago counts half: some seven minutes of talk. */
const HALF_LIFE_WORDS = 1000;
/** What is kept is a few thousand words at most, by the half-life; far above that it is not ours. */
const MOST_KEPT_WORDS = 1_000_000;
/** The longest wait of one's own that can be asked for: a minute late, nobody follows a talk. */
const MOST_OWN_MS = 60_000;

const OPEN_MASK = "[...]";

/** How much of what this stream shows is taken back, by how long its words had waited. May be shared by viewers. */
export class Evidence {
  #words = PRIOR_WORDS;
  #lost = WAITS_MS.map(() => PRIOR_WORDS * PRIOR_SHARE);

  /** The shortest wait in ms that keeps to `aim`; Infinity where none does, which is: until the final. */
  waitMs(aim) {
    const at = this.#lost.findIndex((lost) => lost <= aim * this.#words);
    return at < 0 ? Infinity : WAITS_MS[at];
  }

  /** An utterance has ended: its final has `words`, and by each wait so many were taken back. */
  add(words, lost) {
    const kept = 0.5 ** (words / HALF_LIFE_WORDS);
    this.#words = this.#words * kept + words;
    this.#lost = this.#lost.map((before, at) => before * kept + lost[at]);
  }

  /** What was added is to outlive the page, where there is a place for it: called for readers whose profile needs it. */
  keep() {}

  /** Its numbers, for keeping. */
  toJSON() {
    return { words: this.#words, lost: this.#lost };
  }

  /** Takes over numbers that were kept; what is none of them changes nothing. */
  take(value) {
    const sound = (number) => Number.isFinite(number) && number >= 0 && number <= MOST_KEPT_WORDS;
    const { words, lost } = value ?? {};
    if (!sound(words) || words === 0 || !Array.isArray(lost) || lost.length !== WAITS_MS.length || !lost.every(sound)) return;
    this.#words = words;
    this.#lost = [...lost];
  }
}

/** The shown beginning of one utterance, by one wait: real, or what it would have been. */
class Shown {
  /** The words as they are shown, in the writing they were first shown in. */
  forms = [];
  /** How many of them count as settled. */
  settled = 0;
  lost = 0;

  /** Shows the words that are due at `nowMs`, up to the first that is not. */
  grow({ words, since, born }, waitMs, latestMs, nowMs) {
    let at = this.forms.length;
    while (at < words.length && (since[at] + waitMs <= nowMs || born[at] + latestMs <= nowMs)) {
      this.forms.push(words[at].text);
      at += 1;
    }
  }

  /** The same, of what was due before `nowMs` by standing. */
  growUntil({ words, since }, waitMs, nowMs) {
    let at = this.forms.length;
    while (at < words.length && since[at] + waitMs < nowMs) this.forms.push(words[at++].text);
  }

  settle({ words, since }, waitMs, nowMs) {
    const due = (at) => since[at] + waitMs <= nowMs && !words[at].text.includes(OPEN_MASK);
    while (this.settled < this.forms.length && due(this.settled)) this.settled += 1;
  }

  /** A revision changed the words between `head` and the last `tail` ones; `before` is how many there were. */
  revise({ words }, before, { head, tail }) {
    const shown = this.forms.length;
    if (shown <= head) return;
    this.lost += shown - head;
    this.settled = Math.min(this.settled, head);
    const behind = shown - (before - tail); // shown words that stand, behind what changed
    const after = behind > 0 ? this.forms.slice(before - tail) : [];
    this.forms.length = head;
    // In the middle of what is shown a word is exchanged in its place; at its end only a mask is not waited for.
    let at = head;
    while (at < words.length - tail && (behind > 0 || words[at].text.includes("["))) this.forms.push(words[at++].text);
    this.forms.push(...after);
  }

  /** How many were taken back by the final, beside what was before. */
  end(words) {
    let same = 0;
    while (same < this.forms.length && this.forms[same] === words[same]?.text) same += 1;
    return this.lost + this.forms.length - same;
  }
}

/** One open utterance. */
class Growing {
  caption = null;
  words = [];
  since = []; // by word: when it came to stand there
  born = []; // by place: since when there has been any word
  shown = new Shown();
  trials = WAITS_MS.map(() => new Shown());
  view = null;

  revise(caption, nowMs) {
    this.#tryOut(nowMs);
    const words = readWords(caption.text, { text: this.caption?.text ?? "", words: this.words });
    const before = this.words.length;
    const common = inCommon(this.words, words);
    const { head, tail } = common;
    const fresh = new Array(words.length - head - tail).fill(nowMs);
    this.since = [...this.since.slice(0, head), ...fresh, ...this.since.slice(before - tail)];
    this.born.length = Math.min(before, words.length);
    while (this.born.length < words.length) this.born.push(nowMs);
    this.caption = caption;
    this.words = words;
    this.view = null;
    for (const one of [this.shown, ...this.trials]) one.revise(this, before, common);
  }

  /** What each wait would have shown until now. What is due at this very moment is not: a revision has just come. */
  #tryOut(nowMs) {
    this.trials.forEach((one, at) => one.growUntil(this, WAITS_MS[at], nowMs));
  }

  /** How many words the final has, and by each wait, how many were taken back in all. */
  end(caption, nowMs) {
    this.#tryOut(nowMs);
    const words = readWords(caption.text, { text: this.caption.text, words: this.words });
    return { words: words.length, lost: this.trials.map((one) => one.end(words)) };
  }
}

export class Stabiliser {
  #name = "responsive";
  #profile = PROFILES.responsive;
  #open = new Map(); // utterance -> Growing
  #evidence;

  /** @param {{profile?: string, evidence?: Evidence}} options `profile` as the property; `evidence` to share */
  constructor({ profile = "responsive", evidence = new Evidence() } = {}) {
    this.profile = profile;
    this.#evidence = evidence;
  }

  /** "responsive", "balanced", "steady", "finals", or a wait of one's own in ms ("1500"). What is none is responsive. */
  get profile() { return this.#name; }
  set profile(value) {
    const name = String(value);
    const ownMs = /^\d{1,5}$/.test(name) ? Math.min(Number(name), MOST_OWN_MS) : null;
    this.#name = ownMs !== null || Object.hasOwn(PROFILES, name) ? name : "responsive";
    this.#profile = ownMs === null ? PROFILES[this.#name] : { aim: null, standMs: ownMs, latestMs: Infinity };
    for (const growing of this.#open.values()) growing.view = null;
  }

  /** What this reader's waits are learned from; set where another source of captions has its own. @param {Evidence} value */
  set evidence(value) { this.#evidence = value; }

  /** How long a word has to stand now before it is shown, in ms; Infinity: until its final. */
  get waitMs() {
    const { aim, standMs } = this.#profile;
    return aim === null ? standMs : Math.min(this.#evidence.waitMs(aim), standMs);
  }

  /** Whether words have come that are not shown yet. */
  get waiting() {
    for (const { words, shown } of this.#open.values()) if (shown.forms.length < words.length) return true;
    return false;
  }

  /**
   * Takes in a revision, and answers what is shown of it now: the caption itself where it is final or the profile is
   * responsive; else a copy with the shown `text`, its `stableLength`, and `waiting`: whether there is more to come.
   * The same object while nothing changes. Call it with each revision as it comes, and again at `nextDueMs`.
   * @param {object} caption of a CaptionFeed  @param {number} nowMs any clock that never goes back
   */
  apply(caption, nowMs) {
    const known = this.#open.get(caption.utterance);
    if (caption.final) {
      if (known) {
        const { words, lost } = known.end(caption, nowMs);
        this.#evidence.add(words, lost);
        if (this.#profile.aim !== null) this.#evidence.keep();
        this.#open.delete(caption.utterance);
      }
      return caption;
    }
    const growing = known ?? new Growing();
    if (!known) this.#open.set(caption.utterance, growing);
    if (growing.caption !== caption) growing.revise(caption, nowMs);
    return this.#show(growing, nowMs);
  }

  /**
   * The items of a feed as they are to be drawn now. A caption of which nothing is shown yet is there, its text empty and
   * `waiting` true: its place can be kept, and who is speaking can be said.
   */
  items(items, nowMs) {
    const there = new Set();
    const shown = [];
    for (const item of items) {
      if (item.kind === "caption") there.add(item.utterance);
      shown.push(item.kind === "caption" ? this.apply(item, nowMs) : item);
    }
    for (const utterance of this.#open.keys()) if (!there.has(utterance)) this.#open.delete(utterance);
    return shown;
  }

  /** When, by the clock of `apply`, there is more to show though nothing came; null where nothing waits for a time. */
  get nextDueMs() {
    const { waitMs } = this;
    const { latestMs } = this.#profile;
    let dueMs = Infinity;
    for (const { since, born, words, shown } of this.#open.values()) {
      const at = shown.forms.length;
      if (at < words.length) dueMs = Math.min(dueMs, since[at] + waitMs, born[at] + latestMs);
    }
    return Number.isFinite(dueMs) ? dueMs : null;
  }

  #show(growing, nowMs) {
    const { caption, shown, words } = growing;
    if (this.#name === "responsive") {
      // Kept all the same: a reader who changes to another profile loses nothing.
      if (growing.view !== caption) shown.forms = words.map(({ text }) => text);
      growing.view = caption;
      return caption;
    }
    const { length } = shown.forms;
    const { settled } = shown;
    shown.grow(growing, this.waitMs, this.#profile.latestMs, nowMs);
    shown.settle(growing, this.#evidence.waitMs(SETTLED_AIM), nowMs);
    if (growing.view === null || shown.forms.length !== length || shown.settled !== settled) growing.view = viewOf(growing);
    return growing.view;
  }
}

function viewOf({ caption, words, shown: { forms, settled } }) {
  let text = "";
  let stableLength = 0;
  forms.forEach((form, at) => {
    text += at === 0 ? form : caption.text.slice(words[at - 1].end, words[at].start) + form;
    if (at === settled - 1) stableLength = [...text].length;
  });
  return { ...caption, text, stableLength, waiting: forms.length < words.length };
}
