/**
 * How far captions are behind what is said: the age of the newest words when they came. No DOM; the time is an argument.
 *
 * The viewer's clock may be wrong by hours, so ages are reckoned on the server's. Each time that the server tells
 * (`serverTime` of a welcome or ping, `sentAt` of a caption) has travelled; the one that travelled least says best how
 * the clocks differ. What is left is that shortest way, so a delay is told too short by that, never too long.
 */

/** The best of the last two spans counts: clocks drift, by less than 50 ms in this. */
const SPAN_MS = 300_000;
/** Without new words for so long nothing is behind: silence is not a delay. */
export const FRESH_MS = 8_000;
/** From here on it is told: three seconds is what Ofcom's guidance allows from speech to caption. */
export const LATE_MS = 3_000;
/** Beyond a day an `emittedAt` is of another clock. */
const MAX_MS = 86_400_000;

export class DelayGauge {
  #best = Infinity; // viewer's clock minus the server's, of this span
  #before = Infinity; // of the span before
  #spanMs = null;
  #said = null; // {delayMs, atMs}

  /** The server's clock, as told by a message that has just come. @param {string} iso @param {number} nowMs */
  heard(iso, nowMs) {
    const serverMs = Date.parse(iso ?? "");
    if (Number.isNaN(serverMs)) return;
    if (this.#spanMs === null) this.#spanMs = nowMs;
    else if (nowMs - this.#spanMs >= SPAN_MS) {
      this.#before = nowMs - this.#spanMs >= 2 * SPAN_MS ? Infinity : this.#best;
      this.#best = Infinity;
      this.#spanMs = nowMs;
    }
    this.#best = Math.min(this.#best, nowMs - serverMs);
  }

  /** Words that upstream gave out at `emittedAt` have just come. */
  said(emittedAt, nowMs) {
    const emittedMs = Date.parse(emittedAt ?? "");
    const offsetMs = Math.min(this.#best, this.#before);
    const delayMs = nowMs - offsetMs - emittedMs;
    // Upstream's clock runs ahead of the daemon's, or is another day's: nothing is known then.
    const known = Number.isFinite(delayMs) && delayMs > -1000 && delayMs < MAX_MS;
    this.#said = known ? { delayMs: Math.max(0, delayMs), atMs: nowMs } : null;
  }

  /** In ms; null where it is not known: no words lately, or no clock to go by. */
  delayMs(nowMs) {
    return this.#said !== null && nowMs - this.#said.atMs < FRESH_MS ? this.#said.delayMs : null;
  }

  /** When a delay that is told ceases to hold without new words; null where none is told. */
  get untilMs() { return this.#said === null ? null : this.#said.atMs + FRESH_MS; }

  /** Another stream: other clocks. */
  forget() {
    this.#best = this.#before = Infinity;
    this.#spanMs = this.#said = null;
  }
}
