/**
 * What was learned of a daemon's recogniser, kept by the browser: a call is short, and the next one need not begin with
 * long waits. Counts only, nothing of what was said, and only for readers of a profile that learns. Where the browser keeps
 * nothing it lasts as long as the page.
 */

import { Evidence } from "./caption-stability.js";

const KEY = "captiond.captions.stability";
/** Daemons that are remembered, those used last: a page has one or two. */
const MAX_DAEMONS = 8;
/** Ours are 300 characters for each; a longer text is not ours. */
const MAX_UNITS = 8192;

class KeptEvidence extends Evidence {
  #keep;

  constructor(kept, keep) {
    super();
    this.take(kept);
    this.#keep = keep;
  }

  keep() {
    this.#keep(this);
  }
}

export class StabilityMemory {
  #storage;
  #known = new Map(); // base -> KeptEvidence, one for all elements of the page

  /** @param {() => Storage} storage may throw: browsers do that where storage is blocked */
  constructor(storage = () => globalThis.localStorage) {
    this.#storage = storage;
  }

  /** @param {string} base the daemon's address  @returns {Evidence} the same for all who ask for that daemon */
  evidence(base) {
    let known = this.#known.get(base);
    if (!known) {
      known = new KeptEvidence(this.#read()[base], (evidence) => this.#write(base, evidence));
      this.#known.set(base, known);
      if (this.#known.size > MAX_DAEMONS) this.#known.delete(this.#known.keys().next().value);
    }
    return known;
  }

  #read() {
    try {
      const text = this.#storage().getItem(KEY);
      const kept = text !== null && text.length <= MAX_UNITS ? JSON.parse(text) : null;
      return kept !== null && typeof kept === "object" && !Array.isArray(kept) ? kept : {};
    } catch {
      return {};
    }
  }

  #write(base, evidence) {
    const { [base]: _, ...others } = this.#read();
    const entries = [...Object.entries(others).slice(1 - MAX_DAEMONS), [base, evidence]];
    try {
      this.#storage().setItem(KEY, JSON.stringify(Object.fromEntries(entries)));
    } catch {
      // Blocked or full: what was learned lasts as long as the page.
    }
  }
}

/** Of this page. */
export const STABILITY_MEMORY = new StabilityMemory();
