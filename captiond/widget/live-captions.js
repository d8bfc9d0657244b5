/*! captiond <live-captions>. Made from captiond/widget/*.js by captiond.widget.bundle. */
(() => {
"use strict";

// ---- caption-feed.js
/**
 * The screen of one caption stream: a reducer without DOM, socket, clock or chance of its own.
 *
 * Give it every message of `captions.v1` in the order received; read `items`. The rules are those of the protocol:
 * a snapshot replaces everything, a higher revision replaces a lower one, a final is only changed by a higher final
 * revision, a retraction removes, a gap is shown where it happened.
 */

/** Finals kept on the page. 200 are about 20 minutes of talk; older ones are in the transcript, not on a live screen. */
const KEEP_FINALS = 200;
/** Utterances remembered after they left the screen, so that a late correction of one does not bring it back. */
const REMEMBER_GONE = 1000;
/** A caption's text is at most 8,192 code points upstream; twice that in UTF-16 units, and room for masks. */
const MAX_TEXT_UNITS = 65536;
/** Ids are made by the daemon and are short; this only bounds memory. */
const MAX_ID_UNITS = 512;
/** A snapshot is 50 finals and what is open or held; far above that it is not ours. */
const MAX_SNAPSHOT_ITEMS = 5000;

/** The message breaks the protocol: the server's fault. Holds no caption text. */
class FeedError extends Error {
  constructor(what) {
    super(what);
    this.name = "FeedError";
  }
}

/** "k3XbQwZt.1042" -> {epoch, index}; null where it is not a position. */
function parsePosition(position) {
  const parts = typeof position === "string" ? /^([A-Za-z0-9_-]{1,64})\.(\d{1,15})$/.exec(position) : null;
  return parts && { epoch: parts[1], index: Number(parts[2]) };
}

class CaptionFeed {
  /** @param {{keepFinals?: number}} options */
  constructor({ keepFinals = KEEP_FINALS } = {}) {
    this.keepFinals = keepFinals;
    /** What is on the screen, in order: {kind: "caption", ...} and {kind: "gap", ...}. */
    this.items = [];
    this.language = null;
    this.sessionState = null;
    this.sessionReason = null;
    /** Finals that are not on the screen: left out of the snapshot by the server, or older than `keepFinals`. */
    this.earlierFinals = 0;
    this.pingS = null;
    /** Whether the server skips superseded partials for this viewer. */
    this.conflating = false;
    this.figures = noFigures();
    this.epoch = null;
    this.index = null;
    this.awaitsSnapshot = true;
    /** Indexes never received since the snapshot: partials that the server may leave out. */
    this.skipped = 0;
    this.captions = new Map();
    this.gone = new Set();
    /** Whether only finals were asked for: the partials before them are then no sign that something was missed. */
    this.finalsOnly = false;
  }

  /** Where to resume: all up to here has been applied. Null before the first snapshot. */
  get position() {
    return this.epoch === null || this.index === null ? null : `${this.epoch}.${this.index}`;
  }

  /**
   * Applies one message; answers what it did: {what: "welcome" | "reset" | "caption" | "retraction" | "gap" |
   * "session" | "missed" | "notice" | "bye" | "ping" | "ignored", ...}.
   * Throws FeedError where the message is not one of the protocol; the screen is then unchanged.
   */
  apply(message) {
    if (message === null || typeof message !== "object") throw new FeedError("a message is not an object");
    switch (message.type) {
      case "welcome":
        return this.#welcome(message);
      case "snapshot":
        return this.#snapshot(message);
      case "caption":
      case "retraction":
      case "gap":
      case "session":
        return this.#indexed(message);
      case "ping":
        return this.#ping(message);
      case "notice":
        this.conflating = message.code === "conflating";
        return { what: "notice", code: message.code, skipped: message.skipped };
      case "bye":
        return { what: "bye", code: message.code, reason: message.reason, retryMs: message.retryMs };
      default: // a later protocol may have more types; a viewer of today ignores them
        return { what: "ignored" };
    }
  }

  #welcome(message) {
    const at = parsePosition(message.position);
    if (!at) throw new FeedError("welcome without a position");
    if (message.recovered === true && at.epoch !== this.epoch) throw new FeedError("recovered into another epoch");
    this.epoch = at.epoch;
    this.conflating = false;
    this.pingS = Number.isFinite(message.pingS) && message.pingS > 0 ? message.pingS : null;
    this.#setState(message.state, null);
    if (typeof message.language === "string") this.language = message.language;
    // The position of a welcome is never a place to resume from: before the snapshot, or within the replay, messages
    // up to it have not been applied yet. Dropped there, we ask again from where we truly are.
    this.awaitsSnapshot = message.recovered !== true;
    if (this.awaitsSnapshot) this.index = null;
    return { what: "welcome", recovered: !this.awaitsSnapshot };
  }

  #snapshot(message) {
    const at = parsePosition(message.position);
    if (!at) throw new FeedError("snapshot without a position");
    const captions = list(message.captions).map(readCaption);
    const gaps = list(message.gaps).map(readGap);
    this.epoch = at.epoch;
    this.index = at.index;
    this.awaitsSnapshot = false;
    this.items = [];
    this.captions.clear();
    this.gone.clear();
    this.figures = noFigures();
    this.skipped = 0;
    this.earlierFinals = Number.isInteger(message.earlierFinals) ? message.earlierFinals : 0;
    for (const caption of captions) this.#place(caption);
    for (const gap of gaps) this.#placeGap(gap);
    return { what: "reset" };
  }

  #indexed(message) {
    const { index } = message;
    if (!Number.isSafeInteger(index) || index < 0) throw new FeedError(`a ${message.type} without an index`);
    if (this.awaitsSnapshot) throw new FeedError(`a ${message.type} before the snapshot`);
    if (index <= this.index) return { what: "ignored" };
    const change = this.#change(message, this.skipped + index - this.index - 1);
    this.skipped += index - this.index - 1; // only after the message was found good
    this.index = index;
    return change;
  }

  #change(message, skipped) {
    if (message.type === "caption") return this.#caption(readCaption(message), skipped);
    if (message.type === "retraction") return this.#retract(id(message.utterance));
    if (message.type === "gap") {
      const gap = readGap(message);
      this.items.push(gap);
      this.#count(gap);
      return { what: "gap", gap };
    }
    this.#setState(message.state, message.reason);
    return { what: "session", state: this.sessionState, reason: this.sessionReason };
  }

  #caption(caption, skipped) {
    const known = this.captions.get(caption.utterance);
    // A correction of what this screen does not have.
    if (this.gone.has(caption.utterance) || (!known && caption.correction)) return { what: "ignored" };
    // A final whose earlier revisions were not left out of this stream corrects one that this screen does not have.
    const unseen = !known && caption.final && caption.revision - 1 > skipped;
    if (unseen && !this.finalsOnly) return { what: "ignored" };
    if (known && (caption.revision <= known.revision || (known.final && !caption.final))) return { what: "ignored" };
    if (known) {
      this.#uncount(known);
      caption.firstIndex = known.firstIndex;
      if (caption.startMs === null) caption.startMs = known.startMs;
      this.captions.set(caption.utterance, caption);
      const at = this.items.indexOf(known);
      this.items[at] = caption;
      this.#count(caption);
      if (caption.startMs !== known.startMs) this.#order();
    } else {
      this.#place(caption);
    }
    this.#trim();
    return { what: "caption", caption, correction: Boolean(known && known.final) };
  }

  #retract(utterance) {
    const known = this.captions.get(utterance);
    if (!known || known.final) return { what: "ignored" };
    this.#uncount(known);
    this.captions.delete(utterance);
    this.items.splice(this.items.indexOf(known), 1);
    this.#order();
    this.#forget(utterance);
    return { what: "retraction", utterance };
  }

  #ping(message) {
    const at = parsePosition(message.position);
    if (!at) throw new FeedError("ping without a position");
    const missed = !this.awaitsSnapshot && (at.epoch !== this.epoch || at.index > this.index);
    return { what: missed ? "missed" : "ping", position: message.position };
  }

  #setState(state, reason) {
    if (typeof state === "string") this.sessionState = state;
    this.sessionReason = typeof reason === "string" ? reason : null;
  }

  #place(caption) {
    this.captions.set(caption.utterance, caption);
    this.items.push(caption);
    this.#count(caption);
    if (caption.startMs !== null) this.#order();
  }

  /** By start between captions whose start is not known, which stand as they came. Gaps stay where they came. */
  #order() {
    const ordered = [];
    let run = [];
    const close = () => {
      ordered.push(...run.sort((one, other) => one.startMs - other.startMs));
      run = [];
    };
    for (const caption of this.captions.values()) {
      if (caption.startMs === null) {
        close();
        ordered.push(caption);
      } else run.push(caption);
    }
    close();
    const next = ordered.values();
    this.items = this.items.map((item) => (item.kind === "caption" ? next.next().value : item));
  }

  /** A gap of a snapshot: below the last caption that was complete before it. */
  #placeGap(gap) {
    let at = this.items.length;
    while (at > 0 && this.items[at - 1].index > gap.index) at -= 1;
    this.items.splice(at, 0, gap);
    this.#count(gap);
  }

  #trim() {
    let finals = 0;
    for (const caption of this.captions.values()) if (caption.final && !caption.held) finals += 1;
    for (let at = 0; finals > this.keepFinals && at < this.items.length; ) {
      const item = this.items[at];
      if (item.kind === "caption" && (!item.final || item.held)) {
        at += 1; // still to change: stays
        continue;
      }
      this.items.splice(at, 1);
      if (item.kind === "caption") {
        this.captions.delete(item.utterance);
        this.#forget(item.utterance);
        this.earlierFinals += 1;
        finals -= 1;
      }
    }
  }

  #forget(utterance) {
    this.gone.add(utterance);
    if (this.gone.size > REMEMBER_GONE) this.gone.delete(this.gone.values().next().value);
  }

  #count(item) {
    if (item.kind === "gap") {
      this.figures.gaps += 1;
      this.figures.lost += item.lost ?? 0;
    } else if (item.final) {
      this.figures.finals += 1;
      addRedactions(this.figures.redactions, item.redactions, 1);
    }
  }

  #uncount(caption) {
    if (!caption.final) return;
    this.figures.finals -= 1;
    addRedactions(this.figures.redactions, caption.redactions, -1);
  }
}

function noFigures() {
  return { finals: 0, gaps: 0, lost: 0, redactions: {} };
}

function addRedactions(total, counts, sign) {
  for (const [kind, count] of Object.entries(counts)) {
    total[kind] = (total[kind] ?? 0) + sign * count;
    if (total[kind] === 0) delete total[kind];
  }
}

function list(value) {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || value.length > MAX_SNAPSHOT_ITEMS) throw new FeedError("a list of a snapshot is not one");
  return value;
}

function id(value) {
  if (typeof value !== "string" || value === "" || value.length > MAX_ID_UNITS) throw new FeedError("not an utterance id");
  return value;
}

function readCaption(message) {
  if (message === null || typeof message !== "object") throw new FeedError("a caption is not an object");
  const { revision, text, stableLength } = message;
  if (!Number.isSafeInteger(revision) || revision < 1) throw new FeedError("a caption without a revision");
  if (typeof text !== "string" || text.length > MAX_TEXT_UNITS) throw new FeedError("a caption without a text");
  const redactions = {};
  for (const [kind, count] of Object.entries(message.redactions ?? {})) {
    if (/^[A-Z_]{1,32}$/.test(kind) && Number.isSafeInteger(count) && count > 0) redactions[kind] = count;
  }
  const index = Number.isSafeInteger(message.index) ? message.index : 0;
  return {
    kind: "caption",
    utterance: id(message.utterance),
    revision,
    final: message.final === true,
    held: message.held === true,
    text,
    stableLength: Number.isSafeInteger(stableLength) && stableLength > 0 ? stableLength : 0,
    channel: typeof message.channel === "string" ? message.channel : "",
    language: typeof message.language === "string" ? message.language : "",
    startMs: Number.isFinite(message.startMs) ? message.startMs : null,
    emittedAt: typeof message.emittedAt === "string" ? message.emittedAt : null,
    sentAt: typeof message.sentAt === "string" ? message.sentAt : null,
    redactions,
    correction: message.correction === true,
    index,
    firstIndex: index,
  };
}

function readGap(message) {
  if (message === null || typeof message !== "object" || !Number.isSafeInteger(message.index)) {
    throw new FeedError("a gap without an index");
  }
  return {
    kind: "gap",
    index: message.index,
    lost: Number.isSafeInteger(message.lost) ? message.lost : null,
    cause: typeof message.cause === "string" ? message.cause : "",
  };
}

// ---- caption-text.js
/**
 * One caption's text as runs to draw: settled or tentative words, open masks, closed masks. No DOM.
 *
 * `stableLength` counts code points, JavaScript strings count UTF-16 units: the difference is handled here only.
 */

/** What a closed mask stands for, for people. A bracketed word that is not listed is what was said, not a mask. */
const MASK_NAMES = {
  CC: "card number",
  CVV: "security code",
  SSN: "social security number",
  PHONE: "phone number",
  EMAIL: "e-mail address",
  IBAN: "bank account",
  NUMBER: "number",
  ACCOUNT: "account number",
  DOB: "date of birth",
  NATIONAL_ID: "national ID",
};

const MASK = new RegExp(`\\[(?:\\.\\.\\.|${Object.keys(MASK_NAMES).join("|")})\\]`, "g");

/** The UTF-16 offset of the `count`th code point; the string's length where there are fewer. */
function unitsOfCodePoints(text, count) {
  let units = 0;
  for (let points = 0; points < count && units < text.length; points += 1) {
    units += text.codePointAt(units) > 0xffff ? 2 : 1;
  }
  return units;
}

/**
 * @returns {{text: string, mask: null | "open" | string, settled: boolean}[]} in order; their texts joined are the
 * caption. A mask is one run and counts as settled where it starts.
 */
function textRuns(text, stableLength) {
  const stable = unitsOfCodePoints(text, stableLength);
  const runs = [];
  const words = (from, to) => {
    const cut = Math.min(Math.max(stable, from), to);
    if (cut > from) runs.push({ text: text.slice(from, cut), mask: null, settled: true });
    if (to > cut) runs.push({ text: text.slice(cut, to), mask: null, settled: false });
  };
  let from = 0;
  for (const found of text.matchAll(MASK)) {
    words(from, found.index);
    const kind = found[0].slice(1, -1);
    runs.push({ text: found[0], mask: kind === "..." ? "open" : kind, settled: found.index < stable });
    from = found.index + found[0].length;
  }
  words(from, text.length);
  return runs;
}

// ---- sse-parser.js
/**
 * Server-sent events out of a byte stream: the parser of the HTML standard, section 9.2.6, without the browser's
 * EventSource, which hides the HTTP status and so cannot tell "no such session" from "try again".
 */

/** A snapshot is sent in pieces of at most 64 KiB; an event far above that is not ours. In UTF-16 units. */
const MAX_EVENT_UNITS = 1 << 20;

class SseParser {
  #decoder = new TextDecoder();
  #rest = "";
  #data = [];
  #units = 0;
  #event = "";
  /** `retry:` in milliseconds, once the server sent one. */
  retryMs = null;

  /**
   * Takes the next bytes, cut anywhere. Returns the events that are now complete, as {event, data}; throws RangeError
   * where one grows past the limit.
   */
  push(bytes) {
    this.#rest += this.#decoder.decode(bytes, { stream: true });
    // A carriage return at the end may be half of CR LF: it waits for the next bytes.
    const lines = this.#rest.split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop();
    const events = [];
    for (const line of lines) {
      const complete = this.#line(line);
      if (complete) events.push(complete);
    }
    if (this.#rest.length + this.#units > MAX_EVENT_UNITS) throw new RangeError("an event is too long");
    return events;
  }

  #line(line) {
    if (line === "") {
      const complete = this.#data.length > 0 ? { event: this.#event || "message", data: this.#data.join("\n") } : null;
      this.#data = [];
      this.#units = 0;
      this.#event = "";
      return complete;
    }
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") {
      this.#data.push(value);
      this.#units += value.length + 1;
      if (this.#units > MAX_EVENT_UNITS) throw new RangeError("an event is too long");
    } else if (field === "event") {
      this.#event = value;
    } else if (field === "retry" && /^\d{1,9}$/.test(value)) {
      this.retryMs = Number(value);
    }
    return null; // comments and unknown fields, `id` too: positions are in the messages
  }
}

// ---- captions-link.js
/**
 * The connection of one viewer: WebSocket first, server-sent events where WebSockets do not get through; resumes by
 * position on both. Timers, sockets and chance come in as `env`, so that tests run it in simulated time.
 *
 * What comes back and what does not (protocol, section 5): below 4500 and every broken line come back with full jitter,
 * from 4500 not; 400, 401, 403, 404 and 410 not, a 401 once more with a fresh token where there is a provider.
 */


/** After this many tries in a row without a welcome, the other transport is tried. */
const TRIES_PER_TRANSPORT = 3;
/** First delay is 0 to BACKOFF_BASE_MS, then doubling; the cap keeps a restart's herd thin without leaving anyone long. */
const BACKOFF_BASE_MS = 500;
const BACKOFF_CAP_MS = 20_000;
/** From connecting to the welcome. The daemon answers at once; more than this is a dead path. */
const WELCOME_TIMEOUT_MS = 10_000;
/** Beyond `pingS`: a ping may queue behind a replay on a slow line. */
const PING_GRACE_MS = 10_000;
/** What the daemon says in its welcome; used until then. */
const DEFAULT_PING_MS = 25_000;
/** A connection that lived this long was good: the next delay starts small again. */
const GOOD_AFTER_MS = 5_000;
/** A server's `retryMs` and `Retry-After` are obeyed up to here; nobody waits an hour for captions. */
const MAX_ASKED_DELAY_MS = 120_000;

/** For people, while it is tried again and again without having been there once. */
const UNREACHED = "The captions cannot be reached from this page. Trying again\u2026";

/** Why there are no captions, for people. Keys are close codes and HTTP statuses. */
const REASONS = {
  400: "The caption server did not accept the request.",
  401: "The access token is missing or not valid.",
  403: "Access to these captions is not allowed.",
  404: "There are no captions under this name.",
  410: "The captions have ended and are no longer kept.",
  4500: "The access token is not valid.",
  4501: "The caption server did not accept the request.",
  4504: "Too many viewers at the moment.",
  4507: "Access to these captions is not allowed.",
  4510: "The captions have ended.",
};
const FATAL_STATUS = new Set([400, 401, 403, 404, 410]);

class CaptionsLink {
  #settings;
  #env;
  #generation = 0; // every connection has one; what an older one still says is not heard
  #transport = "ws";
  #tries = 0; // on this transport, without a welcome
  #failures = 0; // in a row, for the backoff
  #refused401 = 0;
  #close = () => {};
  #timers = {};
  #bye = null;
  #welcomedMs = null;

  /**
   * @param {object} settings
   * @param {string} settings.base absolute http(s) URL of the daemon; may have a path
   * @param {string} settings.session
   * @param {import("./caption-feed.js").CaptionFeed} settings.feed
   * @param {() => (string | null | Promise<string | null>)} settings.token asked before each connection
   * @param {boolean} [settings.freshTokens] whether `token` may answer better a second time
   * @param {boolean} [settings.finalsOnly]
   * @param {(change: object) => void} settings.onChange what the feed made of a message
   * @param {(status: {state: string, reason: string, transport: string}) => void} settings.onStatus
   * @param {object} [env] WebSocket, fetch, setTimeout, clearTimeout, nowMs, random
   */
  constructor(settings, env = browserEnv()) {
    this.#settings = settings;
    this.#env = env;
    this.status = { state: "connecting", reason: "", transport: "ws" };
  }

  start() {
    this.#open();
  }

  /** Ends for good; nothing is called any more. */
  stop() {
    this.#hangUp();
  }

  /** The network is back, or the page is seen again: do not sit out the delay. */
  nudge() {
    if (this.#timers.retry !== undefined) this.#open();
  }

  #hangUp() {
    this.#generation += 1;
    for (const name of Object.keys(this.#timers)) this.#disarm(name);
    const close = this.#close;
    this.#close = () => {};
    close();
  }

  #arm(name, ms, then) {
    this.#disarm(name);
    this.#timers[name] = this.#env.setTimeout(() => {
      delete this.#timers[name];
      then();
    }, ms);
  }

  #disarm(name) {
    if (this.#timers[name] !== undefined) this.#env.clearTimeout(this.#timers[name]);
    delete this.#timers[name];
  }

  #say(state, reason = "") {
    const last = this.status;
    if (last.state === state && last.reason === reason && last.transport === this.#transport) return;
    this.status = { state, reason, transport: this.#transport };
    this.#settings.onStatus(this.status);
  }

  async #open() {
    this.#hangUp();
    const generation = this.#generation;
    this.#bye = null;
    this.#welcomedMs = null;
    this.#arm("welcome", WELCOME_TIMEOUT_MS, () => this.#over({}));
    let token;
    try {
      token = await this.#settings.token();
    } catch {
      if (generation === this.#generation) this.#over({ reason: "No access token could be had." });
      return;
    }
    if (generation !== this.#generation) return;
    const ends = (how) => generation === this.#generation && this.#over(how);
    const hears = (text) => generation === this.#generation && this.#hear(text);
    try {
      if (this.#transport === "ws") this.#openSocket(token, hears, ends);
      else this.#openEvents(token, generation, hears, ends);
    } catch {
      ends({});
    }
  }

  #url(path, token) {
    const { base, session, feed, finalsOnly } = this.#settings;
    feed.finalsOnly = Boolean(finalsOnly);
    const url = new URL(`v1/sessions/${encodeURIComponent(session)}/${path}`, base.endsWith("/") ? base : `${base}/`);
    url.search = url.hash = "";
    if (feed.position) url.searchParams.set("position", feed.position);
    if (finalsOnly) url.searchParams.set("partials", "0");
    // Browsers cannot send a header with a WebSocket; the daemon keeps query strings out of every log.
    if (token) url.searchParams.set("token", token);
    return url;
  }

  #openSocket(token, hears, ends) {
    const url = this.#url("ws", token);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new this.#env.WebSocket(url.href, "captions.v1");
    this.#close = () => socket.close(1000);
    socket.onmessage = (event) => hears(event.data);
    socket.onclose = (event) => ends({ code: event.code });
  }

  #openEvents(token, generation, hears, ends) {
    const abort = new AbortController();
    this.#close = () => abort.abort();
    this.#readEvents(this.#url("events", token), abort.signal, generation, hears).then(ends, () => ends({}));
  }

  async #readEvents(url, signal, generation, hears) {
    const response = await this.#env.fetch(url.href, {
      signal,
      headers: { Accept: "text/event-stream" },
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
    });
    if (response.status !== 200) {
      return { status: response.status, retryMs: retryAfterMs(response.headers.get("Retry-After")) };
    }
    if (!response.headers.get("Content-Type")?.startsWith("text/event-stream")) return { status: 400 };
    const parser = new SseParser();
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || generation !== this.#generation) return { retryMs: parser.retryMs };
      this.#alive(); // a comment is a sign of life too
      for (const { data } of parser.push(value)) hears(data);
    }
  }

  #alive() {
    if (this.#welcomedMs === null) return;
    const pingMs = this.#settings.feed.pingS === null ? DEFAULT_PING_MS : this.#settings.feed.pingS * 1000;
    this.#arm("silence", pingMs + PING_GRACE_MS, () => this.#over({ reason: "The caption server fell silent." }));
  }

  #hear(text) {
    let change;
    try {
      if (typeof text !== "string") throw new FeedError("a binary frame");
      change = this.#settings.feed.apply(JSON.parse(text));
    } catch (error) {
      if (!(error instanceof FeedError) && !(error instanceof SyntaxError)) throw error;
      this.#over({ reason: "The caption server sent something unreadable." });
      return;
    }
    if (change.what === "welcome") this.#welcome();
    this.#alive();
    this.#settings.onChange(change);
    if (change.what === "bye") this.#bye = change;
    // The last message before this ping never came: ask again from the last one that did.
    else if (change.what === "missed") this.#over({});
  }

  #welcome() {
    this.#disarm("welcome");
    this.#welcomedMs = this.#env.nowMs();
    this.#tries = 0;
    this.#refused401 = 0;
    this.#say("live");
  }

  /** This connection is over; `code`, `status`, `retryMs` and `reason` say what is known. Decides what comes next. */
  #over({ code = null, status = null, retryMs = null, reason = "" }) {
    const welcomedMs = this.#welcomedMs;
    const bye = this.#bye;
    this.#hangUp();
    const why = bye?.code ?? code;
    if (why === 4510 || status === 204) return this.#say("ended", REASONS[4510]);
    if (why >= 4500 && why <= 4999) return this.#say("failed", REASONS[why] ?? "The caption server refused.");
    if (status === 401 && this.#settings.freshTokens && this.#refused401 === 0) {
      this.#refused401 += 1;
    } else if (FATAL_STATUS.has(status)) {
      return this.#say("failed", REASONS[status]);
    }
    if (welcomedMs === null) {
      this.#tries += 1;
      if (this.#tries >= TRIES_PER_TRANSPORT) {
        this.#tries = 0;
        this.#transport = this.#transport === "ws" ? "sse" : "ws";
      }
    } else if (this.#env.nowMs() - welcomedMs >= GOOD_AFTER_MS) {
      this.#failures = 0;
    }
    const ceilingMs = Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** Math.min(this.#failures, 16));
    this.#failures += 1;
    const asked = bye?.retryMs ?? retryMs;
    const askedMs = Number.isFinite(asked) ? Math.min(Math.max(asked, 0), MAX_ASKED_DELAY_MS) : 0;
    this.#arm("retry", askedMs + this.#env.random() * ceilingMs, () => this.#open());
    // Who never saw a caption is still connecting; who did is told that the line is down.
    const began = this.#settings.feed.position !== null;
    // A browser hides why (no such host, a foreign origin, a certificate); that both ways failed can be said.
    const neither = !began && this.#failures >= 2 * TRIES_PER_TRANSPORT ? UNREACHED : "";
    return this.#say(began ? "reconnecting" : "connecting", reason || neither);
  }
}

/** `Retry-After` in milliseconds; null where absent. An HTTP date is left to the backoff: clocks of viewers are wrong. */
function retryAfterMs(header) {
  return header !== null && /^\d{1,6}$/.test(header.trim()) ? Number(header) * 1000 : null;
}

function browserEnv() {
  return {
    WebSocket: globalThis.WebSocket,
    fetch: (...given) => globalThis.fetch(...given),
    setTimeout: (then, ms) => globalThis.setTimeout(then, ms),
    clearTimeout: (timer) => globalThis.clearTimeout(timer),
    nowMs: () => globalThis.performance.now(),
    random: () => Math.random(),
  };
}

// ---- live-captions-style.js
/**
 * The look of <live-captions>, for a constructable stylesheet: no inline style, so a strict CSP holds.
 *
 * Behaviour is set by attributes, the look by custom properties (--captions-*) and by parts. Contrast of settled and of
 * tentative text is at least 7:1 and 4.5:1 on the default backgrounds; the difference is never by colour alone.
 */
const STYLE = `
:host {
  --_fg: var(--captions-color, #16181d);
  --_bg: var(--captions-background, #ffffff);
  --_soft: var(--captions-tentative-color, #545b69);
  --_mask-fg: var(--captions-mask-color, #5b2a00);
  --_mask-bg: var(--captions-mask-background, #ffe9cf);
  --_in: var(--captions-internal-color, #0b5394);
  --_ex: var(--captions-external-color, #7a2e79);
  --_edge: var(--captions-edge, none);
  display: block;
  position: relative;
  box-sizing: border-box;
  color: var(--_fg);
  background: var(--_bg);
  font: var(--captions-font-size, 1.125rem)/var(--captions-line-height, 1.5) var(--captions-font-family, system-ui, sans-serif);
  text-align: start;
  overflow-wrap: anywhere;
}
:host([hidden]) { display: none; }
@media (prefers-color-scheme: dark) {
  :host(:not([theme="light"])) {
    --_fg: var(--captions-color, #f1f3f7);
    --_bg: var(--captions-background, #14161b);
    --_soft: var(--captions-tentative-color, #b3bac7);
    --_mask-fg: var(--captions-mask-color, #ffd9a8);
    --_mask-bg: var(--captions-mask-background, #4a2f12);
    --_in: var(--captions-internal-color, #8ec5ff);
    --_ex: var(--captions-external-color, #f0a8ee);
  }
}
:host([theme="dark"]) {
  --_fg: var(--captions-color, #f1f3f7);
  --_bg: var(--captions-background, #14161b);
  --_soft: var(--captions-tentative-color, #b3bac7);
  --_mask-fg: var(--captions-mask-color, #ffd9a8);
  --_mask-bg: var(--captions-mask-background, #4a2f12);
  --_in: var(--captions-internal-color, #8ec5ff);
  --_ex: var(--captions-external-color, #f0a8ee);
}
.base { display: flex; flex-direction: column; height: 100%; box-sizing: border-box; }
.viewport {
  flex: 1 1 auto;
  min-height: 0;
  overflow-y: auto;
  padding: var(--captions-padding, 0.75em 1em);
  overscroll-behavior: contain;
  scrollbar-width: thin;
}
.viewport:focus-visible { outline: 3px solid currentColor; outline-offset: -3px; }
:host([lines]) .viewport {
  overflow: hidden;
  flex: 0 0 auto;
  height: calc(var(--_lines, 3) * var(--captions-line-height, 1.5) * 1em);
}
.list { margin: 0; padding: 0; list-style: none; }
:host([lines]) .list { min-height: 100%; display: flex; flex-direction: column; justify-content: flex-end; }
.line { margin: 0; text-shadow: var(--_edge); unicode-bidi: isolate; }
.line + .line { margin-top: var(--captions-line-gap, 0.3em); }
:host([lines]) .line + .line { margin-top: 0; }
.speaker { font-weight: 700; margin-inline-end: 0.5em; unicode-bidi: isolate; }
.speaker::after { content: ":"; }
.line[data-channel="internal"] .speaker { color: var(--_in); }
.line[data-channel="external"] .speaker { color: var(--_ex); }
.text { unicode-bidi: isolate; }
.tentative { color: var(--_soft); font-style: italic; }
.mask {
  padding: 0.05em 0.4em; /* inline, not a block of its own: the full stop after it stays with it */
  border-radius: 0.35em;
  font-style: normal;
  font-size: 0.9em;
  color: var(--_mask-fg);
  background: var(--_mask-bg);
  text-shadow: none;
  white-space: nowrap;
}
.mask.open { outline: 1px dashed currentColor; outline-offset: -1px; letter-spacing: 0.15em; }
@media (prefers-reduced-motion: no-preference) {
  .mask.open { animation: waiting 1.6s ease-in-out infinite; }
}
@keyframes waiting { 50% { opacity: 0.62; } }
.gap {
  margin: 0.5em 0;
  padding: 0.15em 0.6em;
  font-size: 0.85em;
  color: var(--_soft);
  border-inline-start: 0.25em solid currentColor;
}
.earlier, .empty { color: var(--_soft); font-size: 0.85em; margin: 0 0 0.5em; }
.status {
  flex: none;
  font-size: 0.85em;
  padding: 0.3em 1em;
  color: var(--_soft);
  border-top: 1px solid color-mix(in srgb, currentColor 35%, transparent);
}
.status:empty { display: none; }
.status[data-state="failed"] { color: var(--_fg); font-weight: 600; }
.back {
  position: absolute;
  inset-inline-end: 1em;
  bottom: 0.75em;
  min-height: 2.25em;
  padding: 0.35em 1em;
  border: 1px solid currentColor;
  border-radius: 999px;
  color: var(--_bg);
  background: var(--_fg);
  font: inherit;
  font-size: 0.85em;
  cursor: pointer;
}
.back:focus-visible { outline: 3px solid var(--_in); outline-offset: 2px; }
.back[hidden] { display: none; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (forced-colors: active) {
  .mask { border: 1px solid CanvasText; }
  .tentative, .gap { color: CanvasText; }
}
@media (prefers-contrast: more) {
  .base { --_soft: var(--_fg); } /* on .base: the host's own rules for a theme are more specific than this one */
}
`;

// ---- caption-lines.js
/**
 * Draws a feed's items into one list, by `textContent` only. Touches what changed and nothing else: a line that is
 * laid out and did not change keeps its nodes, so nothing flickers and a reader's selection stays.
 */


class CaptionLines {
  #rows = new Map(); // utterance id or gap index -> {node, item, ...}
  #list;
  #words;

  /** @param {HTMLElement} list  @param {object} words see WORDS in live-captions-element.js */
  constructor(list, words) {
    this.#list = list;
    this.#words = words;
  }

  /** Forgets all rows, so that the next draw makes them anew (new labels). */
  clear() {
    this.#rows.clear();
    this.#list.replaceChildren();
  }

  /**
   * Makes the list show `items`.
   * @param {object[]} items of a CaptionFeed
   * @param {(channel: string) => string} label a speaker's name; "" for none
   */
  draw(items, label) {
    const seen = new Set();
    let before = null;
    let channel = null;
    for (const item of items) {
      const key = item.kind === "gap" ? `gap ${item.index}` : `caption ${item.utterance}`;
      seen.add(key);
      let row = this.#rows.get(key);
      if (!row) {
        row = item.kind === "gap" ? this.#gapRow(item) : this.#captionRow(item, label(item.channel));
        this.#rows.set(key, row);
      }
      if (item.kind === "caption") {
        if (row.item !== item || !row.drawn) this.#drawCaption(row, item);
        // A speaker is named when the voice changes; a screen reader is told with every line.
        row.speaker?.classList.toggle("unseen", channel === item.channel);
        channel = item.channel;
      } else {
        channel = null;
      }
      const next = before ? before.nextSibling : this.#list.firstChild;
      if (next !== row.node) this.#list.insertBefore(row.node, next);
      before = row.node;
    }
    for (const [key, row] of this.#rows) {
      if (seen.has(key)) continue;
      row.node.remove();
      this.#rows.delete(key);
    }
  }

  #gapRow(gap) {
    const node = element("li", "gap", "gap");
    node.dataset.cause = gap.cause;
    node.textContent = this.#words.gap(gap.lost);
    return { node, item: gap };
  }

  #captionRow(caption, name) {
    const node = element("li", "line", "line");
    node.dataset.utterance = caption.utterance;
    node.dataset.channel = caption.channel;
    let speaker = null;
    if (name) {
      speaker = element("span", "speaker", "speaker");
      speaker.textContent = name;
      node.append(speaker);
    }
    const text = element("span", "text", "text");
    text.dir = "auto";
    node.append(text);
    return { node, speaker, text, item: caption, drawn: null };
  }

  #drawCaption(row, caption) {
    row.item = caption;
    row.node.dataset.state = caption.final ? (caption.held ? "held" : "final") : "open";
    row.node.part.toggle("open", !caption.final);
    row.node.part.toggle("held", caption.held);
    if (caption.language) row.text.lang = caption.language;
    const runs = textRuns(caption.text, caption.final ? Infinity : caption.stableLength);
    const drawn = row.drawn ?? [];
    runs.forEach((run, at) => {
      const old = drawn[at];
      if (old && old.mask === run.mask && (run.mask !== null || old.settled === run.settled)) {
        if (old.text !== run.text) old.node.firstChild.data = run.text;
        run.node = old.node;
        return;
      }
      run.node = run.mask === null ? this.#wordsNode(run) : this.#maskNode(run);
      if (old) old.node.replaceWith(run.node);
      else row.text.append(run.node);
    });
    for (const old of drawn.slice(runs.length)) old.node.remove();
    row.drawn = runs;
  }

  #wordsNode(run) {
    const name = run.settled ? "settled" : "tentative";
    const node = element("span", name, name);
    node.textContent = run.text;
    return node;
  }

  #maskNode(run) {
    const open = run.mask === "open";
    const node = element("span", open ? "mask open" : "mask closed", open ? "mask mask-open" : "mask mask-closed");
    node.dataset.mask = open ? "open" : run.mask;
    node.textContent = open ? "\u2022\u2022\u2022" : MASK_NAMES[run.mask];
    const said = open ? this.#words.openMask : this.#words.closedMask(MASK_NAMES[run.mask]);
    node.setAttribute("role", "img");
    node.setAttribute("aria-label", said);
    node.title = said;
    return node;
  }
}

function element(tag, classes, parts) {
  const node = document.createElement(tag);
  node.className = classes;
  node.setAttribute("part", parts);
  return node;
}

// ---- live-captions-element.js
/**
 * <live-captions src session>: live captions as a custom element. No dependency, no inline style, `textContent` only.
 *
 * Attributes: `src` (base URL of the daemon; default the page's origin), `session`, `lines` (roll-up of that many
 * lines instead of a scrolling list), `finals-only`, `announce` ("status" by default, "finals", "off"), `theme`
 * ("light", "dark"; default the viewer's), `label` / `label-internal` / `label-external` (speaker names).
 * Properties: `token`, `tokenProvider` (may be async; asked before each connection), `labels`, `state`, `feed`,
 * `figures`. A `token` attribute is taken and removed at once: attributes are in the page's source and its snapshots.
 * Events (bubble, composed): `captions-state` {state, reason, transport, sessionState}, `captions-caption` {caption,
 * correction}, `captions-gap` {gap}, `captions-reset`.
 */


/** What the element says itself, in English. For another language: `Object.assign(LiveCaptions.words, {...})`. */
const WORDS = {
  region: "Live captions",
  states: {
    connecting: "Connecting to the captions\u2026",
    live: "",
    reconnecting: "Connection lost, reconnecting\u2026",
    ended: "The captions have ended.",
    failed: "No captions.",
  },
  source: "The call's transcription is interrupted, reconnecting\u2026",
  waiting: "Waiting for the first words\u2026",
  earlier: (count) => (count === 1 ? "1 earlier line is not shown." : `${count} earlier lines are not shown.`),
  gap: (lost) =>
    lost === null ? "Words may be missing here." : lost === 1 ? "1 update missed here." : `${lost} updates missed here.`,
  openMask: "private, not shown",
  closedMask: (name) => `${name}, not shown`,
  newLines: (count) => (count > 1 ? `${count} new lines` : count === 1 ? "1 new line" : "Back to live"),
};
const DEFAULT_LABELS = { internal: "Agent", external: "Customer", "": "" };
/** A screen reader is given whole finals, not more often than this: it queues, and would fall behind. */
const ANNOUNCE_EVERY_MS = 1500;
/** Announced lines stay this few: the log is for hearing, the list is for reading. */
const ANNOUNCED_KEPT = 20;
/** Within this many pixels of the end a reader counts as following. */
const FOLLOW_PX = 24;

const Base = globalThis.HTMLElement ?? class {}; // importable where there is no DOM

class LiveCaptions extends Base {
  static observedAttributes = [
    "src", "session", "lines", "finals-only", "theme", "label", "label-internal", "label-external", "token",
  ];
  static words = WORDS;

  static define(tag = "live-captions", registry = globalThis.customElements) {
    if (registry && !registry.get(tag)) registry.define(tag, this);
    return this;
  }

  #token = null; // private: not in the DOM, not in an event, not in JSON
  #tokenProvider = null;
  #labels = {};
  #feed = new CaptionFeed();
  #link = null;
  #status = { state: "connecting", reason: "", transport: "ws" };
  #startQueued = false;
  #drawQueued = false;
  #following = true;
  #unread = 0;
  #announceQueue = [];
  #announceTimer;
  #lastSaid = "";
  #parts;
  #lines;

  constructor() {
    super();
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    const words = this.constructor.words;
    const make = (tag, name, attributes = {}) => {
      const node = document.createElement(tag);
      node.className = name;
      node.setAttribute("part", name);
      for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
      return node;
    };
    const base = make("div", "base");
    // Not a live region: text that still changes would be read again with every change.
    const viewport = make("div", "viewport", { role: "region", "aria-label": words.region, tabindex: "0" });
    const earlier = make("p", "earlier", { hidden: "" });
    const empty = make("p", "empty", { hidden: "" });
    const list = make("ul", "list", { role: "list" });
    const status = make("div", "status", { role: "status" });
    const back = make("button", "back", { type: "button", hidden: "" });
    const log = make("div", "log", { role: "log" });
    log.classList.add("unseen");
    viewport.append(earlier, empty, list);
    base.append(viewport, status, back, log);
    root.replaceChildren(base);
    this.#parts = { base, viewport, earlier, empty, list, status, back, log };
    this.#lines = new CaptionLines(list, words);
    viewport.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    back.addEventListener("click", () => this.backToLive());
  }

  // ---- what a page sets and reads ----

  get src() { return this.getAttribute("src") ?? ""; }
  set src(value) { this.setAttribute("src", value); }
  get session() { return this.getAttribute("session") ?? ""; }
  set session(value) { this.setAttribute("session", value); }
  /** Write-only on purpose: what is set cannot be read back from the page. */
  get token() { return null; }
  set token(value) { this.#token = value ? String(value) : null; this.#restart(); }
  get tokenProvider() { return this.#tokenProvider; }
  set tokenProvider(value) { this.#tokenProvider = typeof value === "function" ? value : null; this.#restart(); }
  get labels() { return { ...this.#labels }; }
  set labels(value) { this.#labels = { ...value }; this.#lines.clear(); this.#queueDraw(); }
  /** "connecting", "live", "reconnecting", "ended" or "failed": of the line and of the call behind it, the worse. */
  get state() { return this.#shownState().state; }
  get reason() { return this.#shownState().reason; }
  get transport() { return this.#status.transport; }
  get feed() { return this.#feed; }
  get figures() { return { ...this.#feed.figures, redactions: { ...this.#feed.figures.redactions } }; }

  /** Follows the newest words again. */
  backToLive() {
    this.#following = true;
    this.#unread = 0;
    this.#follow();
  }

  // ---- life ----

  connectedCallback() {
    for (const name of ["token", "tokenProvider", "labels", "src", "session"]) this.#upgrade(name);
    this.#takeTokenAttribute();
    globalThis.addEventListener("online", this.#nudge);
    document.addEventListener("visibilitychange", this.#nudge);
    this.#queueStart();
    this.#queueDraw();
  }

  disconnectedCallback() {
    globalThis.removeEventListener("online", this.#nudge);
    document.removeEventListener("visibilitychange", this.#nudge);
    // Moved within the page it is connected again at once; only who stays away hangs up.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.#link?.stop();
      this.#link = null;
      clearTimeout(this.#announceTimer);
      this.#announceTimer = undefined;
    });
  }

  attributeChangedCallback(name, before, after) {
    if (before === after) return;
    if (name === "token") this.#takeTokenAttribute();
    else if (name === "src" || name === "session" || name === "finals-only") {
      this.#feed = new CaptionFeed();
      this.#restart();
    } else if (name === "lines") {
      const lines = Math.min(Math.max(Math.trunc(Number(after)) || 3, 1), 40);
      this.#parts.viewport.style.setProperty("--_lines", lines);
    } else if (name.startsWith("label")) this.#lines.clear();
    this.#queueDraw();
  }

  /** A property that was set before the element was defined hides the accessor: set it again through it. */
  #upgrade(name) {
    if (!Object.hasOwn(this, name)) return;
    const value = this[name];
    delete this[name];
    this[name] = value;
  }

  #takeTokenAttribute() {
    const token = this.getAttribute("token");
    if (token === null) return;
    this.removeAttribute("token");
    if (token) this.token = token;
  }

  #nudge = () => {
    if (document.visibilityState === "visible") this.#link?.nudge();
  };

  #restart() {
    this.#link?.stop();
    this.#link = null;
    if (this.isConnected) this.#queueStart();
  }

  #queueStart() {
    if (this.#startQueued) return;
    this.#startQueued = true;
    // One microtask later all attributes and properties of this turn are set.
    queueMicrotask(() => {
      this.#startQueued = false;
      if (this.isConnected && !this.#link) this.#start();
    });
  }

  #start() {
    if (!this.session) return this.#statusIs({ state: "connecting", reason: "", transport: "ws" });
    let base;
    try {
      base = new URL(this.src || "/", document.baseURI);
      if (!/^https?:$/.test(base.protocol)) throw new TypeError("not a web address");
    } catch {
      return this.#statusIs({ state: "failed", reason: "The address of the captions is not valid.", transport: "ws" });
    }
    this.#statusIs({ state: "connecting", reason: "", transport: "ws" });
    this.#link = new CaptionsLink({
      base: base.href,
      session: this.session,
      feed: this.#feed,
      token: () => (this.#tokenProvider ? this.#tokenProvider() : this.#token),
      freshTokens: this.#tokenProvider !== null,
      finalsOnly: this.hasAttribute("finals-only"),
      onChange: (change) => this.#changed(change),
      onStatus: (status) => this.#statusIs(status),
    });
    this.#link.start();
    return undefined;
  }

  // ---- what comes in ----

  #changed(change) {
    if (change.what === "caption") {
      this.#emit("captions-caption", { caption: { ...change.caption }, correction: change.correction });
      if (change.caption.final && !change.correction) {
        if (!this.#following) this.#unread += 1;
        this.#announce(change.caption);
      }
    } else if (change.what === "gap") this.#emit("captions-gap", { gap: { ...change.gap } });
    else if (change.what === "reset") this.#emit("captions-reset", {});
    else if (change.what === "session" || change.what === "welcome") this.#statusIs(this.#status);
    this.#queueDraw();
  }

  #shownState() {
    const { state, reason } = this.#status;
    const { sessionState } = this.#feed;
    const words = this.constructor.words;
    const failed = { state: "failed", reason: this.#feed.sessionReason || words.states.failed };
    if (sessionState === "failed" && (state === "live" || state === "ended")) return failed;
    if (state !== "live") return { state, reason: reason || words.states[state] };
    if (sessionState === "reconnecting") return { state: "reconnecting", reason: words.source };
    if (sessionState === "activating") return { state: "connecting", reason: words.states.connecting };
    if (sessionState === "ended") return { state: "ended", reason: words.states.ended };
    return { state, reason: words.states.live };
  }

  #statusIs(status) {
    this.#status = status;
    const shown = { ...this.#shownState(), transport: status.transport, sessionState: this.#feed.sessionState };
    const said = JSON.stringify(shown);
    if (said !== this.#lastSaid) {
      this.#lastSaid = said;
      this.#emit("captions-state", shown);
    }
    this.#queueDraw();
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }

  #announce(caption) {
    if (this.getAttribute("announce") !== "finals") return;
    const { words } = this.constructor;
    const name = this.#label(caption.channel);
    this.#announceQueue.push({ utterance: caption.utterance, name });
    this.#announceTimer ??= setTimeout(() => {
      this.#announceTimer = undefined;
      const line = document.createElement("p");
      // Read now, not when it came: a mask that was named meanwhile is announced by its name.
      line.textContent = this.#announceQueue
        .map(({ utterance, name: speaker }) => {
          const text = this.#feed.captions.get(utterance)?.text;
          return text === undefined ? "" : `${speaker ? `${speaker}: ` : ""}${spoken(text, words)}`;
        })
        .filter(Boolean)
        .join(" ");
      this.#announceQueue = [];
      this.#parts.log.append(line);
      while (this.#parts.log.childElementCount > ANNOUNCED_KEPT) this.#parts.log.firstElementChild.remove();
    }, ANNOUNCE_EVERY_MS);
  }

  // ---- what goes on the screen ----

  #label(channel) {
    if (channel in this.#labels) return String(this.#labels[channel]);
    const attribute = this.getAttribute(channel === "" ? "label" : `label-${channel}`);
    return attribute ?? DEFAULT_LABELS[channel] ?? channel;
  }

  #queueDraw() {
    if (this.#drawQueued) return;
    this.#drawQueued = true;
    // Once a frame however many messages came: at most one layout, within 17 ms. A hidden page draws when it is seen.
    requestAnimationFrame(() => {
      this.#drawQueued = false;
      this.#draw();
    });
  }

  #draw() {
    const { earlier, empty, status } = this.#parts;
    const words = this.constructor.words;
    const { state, reason } = this.#shownState();
    this.#lines.draw(this.#feed.items, (channel) => this.#label(channel));
    setText(earlier, this.#feed.earlierFinals > 0 ? words.earlier(this.#feed.earlierFinals) : "");
    earlier.hidden = this.#feed.earlierFinals === 0 || this.hasAttribute("lines");
    empty.hidden = state !== "live" || this.#feed.items.length > 0;
    setText(empty, words.waiting);
    status.dataset.state = state;
    if (this.getAttribute("announce") === "off") status.setAttribute("aria-live", "off");
    else status.removeAttribute("aria-live");
    setText(status, state === "live" ? "" : reason);
    this.dataset.state = state; // for the page's style: live-captions[data-state="reconnecting"]
    this.#follow();
  }

  #follow() {
    const { viewport, back } = this.#parts;
    if (this.#following) viewport.scrollTop = viewport.scrollHeight;
    back.hidden = this.#following || this.hasAttribute("lines");
    setText(back, this.constructor.words.newLines(this.#unread));
  }

  #scrolled() {
    const { viewport } = this.#parts;
    const following = viewport.scrollHeight - viewport.scrollTop - viewport.clientHeight <= FOLLOW_PX;
    if (following === this.#following) return;
    this.#following = following;
    if (following) this.#unread = 0;
    this.#queueDraw();
  }
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** A caption for the ear: masks by their names. */
function spoken(text, words) {
  return textRuns(text, Infinity)
    .map(({ text: words_, mask }) => {
      if (mask === null) return words_;
      return mask === "open" ? words.openMask : words.closedMask(MASK_NAMES[mask]);
    })
    .join("");
}

// ---- live-captions-define.js
/** Defines <live-captions>. Import the class from live-captions-element.js instead to define it under another name. */


LiveCaptions.define();

globalThis.LiveCaptions ??= LiveCaptions;
})();
