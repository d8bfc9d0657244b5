/**
 * Where one element's captions come from: its link, its feed, who reads it, how late it is. No DOM but for timers and
 * addresses; the token stays here, private.
 */

import { DelayGauge } from "./caption-delay.js";
import { transcriptOf } from "./caption-exports.js";
import { CaptionFeed } from "./caption-feed.js";
import { fetchHistory } from "./caption-history.js";
import { CaptionReader } from "./caption-reader.js";
import { Stabiliser } from "./caption-stability.js";
import { CaptionsLink } from "./captions-link.js";
import { fetchToken } from "./token-source.js";
import { STABILITY_MEMORY } from "./stability-memory.js";

/** A clock that never goes back, in ms since 1970 by this machine's reckoning when the page was opened. */
export const clockMs = () => performance.timeOrigin + performance.now();

export class CaptionSource {
  #token = null; // private: not in the DOM, not in an event, not in JSON
  #provider = null;
  #tokenSrc = ""; // where the page's own server gives tokens out
  #link = null;
  #base = "";
  #session = "";
  #heard;
  #told;
  #closed = false;
  #status = { state: "connecting", reason: "", transport: "ws" };

  stability = new Stabiliser();
  delay = new DelayGauge();

  /**
   * @param {{changed: (change: object) => void, status: () => void}} on what the feed made of a message, and the number
   * of lines lost with it (`change.missed`); that the state may be another
   */
  constructor({ changed, status }) {
    this.#heard = changed;
    this.#told = status;
    this.#afresh();
  }

  /** Write-only on purpose: what is set cannot be read back from the page. */
  set token(value) { this.#token = value ? String(value) : null; }
  get provider() { return this.#provider; }
  set provider(value) { this.#provider = typeof value === "function" ? value : null; }
  get transport() { return this.#status.transport; }
  get running() { return this.#link !== null; }
  get closed() { return this.#closed; }

  /** Another session or another daemon: nothing of the old one stays. */
  forget() {
    this.stop();
    this.#afresh();
    this.#closed = false;
  }

  #afresh() {
    this.feed = new CaptionFeed();
    this.reader = new CaptionReader(this.feed);
    this.delay.forget();
  }

  /**
   * @param {{src: string, session: string, tokenSrc: string, finalsOnly: boolean, document: string}} given as the
   * attributes say
   */
  start({ src, session, tokenSrc, finalsOnly, document }) {
    if (this.#closed) return undefined;
    this.#tokenSrc = tokenSrc && URL.canParse(tokenSrc, document) ? new URL(tokenSrc, document).href : "";
    if (!session) return this.#say({ state: "connecting", reason: "", transport: "ws" });
    let base;
    try {
      base = new URL(src || "/", document);
      if (!/^https?:$/.test(base.protocol)) throw new TypeError("not a web address");
    } catch {
      return this.#say({ state: "failed", reason: "The address of the captions is not valid.", transport: "ws" });
    }
    base.search = base.hash = "";
    this.#base = base.href;
    this.#session = session;
    this.stability.evidence = STABILITY_MEMORY.evidence(this.#base);
    this.#say({ state: "connecting", reason: "", transport: "ws" });
    this.#link = new CaptionsLink({
      base: this.#base,
      session,
      feed: this.feed,
      token: () => this.#freshToken(),
      freshTokens: this.#provider !== null || this.#tokenSrc !== "",
      finalsOnly,
      onChange: (change) => this.#changed(change),
      onStatus: (status) => this.#say(status),
    });
    this.#link.start();
    return undefined;
  }

  stop() {
    this.#link?.stop();
    this.#link = null;
  }

  /** Ends for good: nothing tries again until `open`, or another session. */
  close() {
    this.stop();
    this.#closed = true;
    this.#say({ state: "closed", reason: "", transport: this.transport });
  }

  open() {
    this.#closed = false;
  }

  /** The network is back, or the page is seen again. */
  nudge() {
    this.#link?.nudge();
  }

  /** The daemon's address, "" before the first start. */
  get base() { return this.#base; }

  /** All finals so far, as items. @throws {import("./caption-history.js").HistoryError} */
  async history() {
    return fetchHistory({ base: this.#base, session: this.#session, token: await this.#freshToken() });
  }

  /** For exportTranscript: all lines that are kept here. @param {(channel: string) => string} label */
  transcript(label) {
    const { feed, reader } = this;
    const items = reader.all.filter((item) => item.kind !== "missed");
    const finals = items.filter((item) => item.kind === "caption" && item.final).length;
    const earlierFinals = Math.max(0, feed.earlierFinals + feed.figures.finals - finals);
    return { ...transcriptOf(feed, this.#session, label), items, earlierFinals };
  }

  #freshToken() {
    if (this.#provider) return this.#provider();
    return this.#tokenSrc ? fetchToken(this.#tokenSrc) : this.#token;
  }

  /**
   * What to say of the line and of the call behind it: the worse of both.
   * @param {object} words of interface-words.js
   */
  shown(words) {
    const { state, reason } = this.#status;
    const { sessionState } = this.feed;
    const failed = { state: "failed", reason: this.feed.sessionReason || words.states.failed };
    if (sessionState === "failed" && (state === "live" || state === "ended")) return failed;
    if (state !== "live") return { state, reason: reason || words.states[state] };
    if (sessionState === "reconnecting") return { state: "reconnecting", reason: words.source };
    if (sessionState === "activating") return { state: "connecting", reason: words.states.connecting };
    if (sessionState === "ended") return { state: "ended", reason: words.states.ended };
    return { state, reason: words.states.live };
  }

  #say(status) {
    this.#status = status;
    this.#told();
  }

  #changed(change) {
    const nowMs = clockMs();
    if (change.what === "welcome" || change.what === "ping") this.delay.heard(change.serverTime, nowMs);
    if (change.what === "caption") {
      this.stability.apply(change.caption, performance.now()); // each revision counts, also between two frames
      this.delay.heard(change.caption.sentAt, nowMs);
      if (!change.correction) this.delay.said(change.caption.emittedAt, nowMs);
    }
    const told = this.reader.changed(change);
    this.#heard(told === null ? change : { ...change, ...told });
  }
}
