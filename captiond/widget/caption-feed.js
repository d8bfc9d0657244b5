/**
 * The screen of one caption stream: a reducer without DOM, socket, clock or chance of its own.
 *
 * Give it every message of `captions.v1` in the order received; read `items`. The rules are those of the protocol:
 * a snapshot replaces everything, a higher revision replaces a lower one, a final is only changed by a higher final
 * revision, a retraction removes, a gap is shown where it happened.
 */

/** Finals kept on the page. 200 are about 20 minutes of talk; older ones are in the transcript, not on a live screen. */
export const KEEP_FINALS = 200;
/** Utterances remembered after they left the screen, so that a late correction of one does not bring it back. */
const REMEMBER_GONE = 1000;
/** A caption's text is at most 8,192 code points upstream; twice that in UTF-16 units, and room for masks. */
const MAX_TEXT_UNITS = 65536;
/** Ids are made by the daemon and are short; this only bounds memory. */
const MAX_ID_UNITS = 512;
/** A snapshot is 50 finals and what is open or held; far above that it is not ours. */
const MAX_SNAPSHOT_ITEMS = 5000;

/** The message breaks the protocol: the server's fault. Holds no caption text. */
export class FeedError extends Error {
  constructor(what) {
    super(what);
    this.name = "FeedError";
  }
}

/** "k3XbQwZt.1042" -> {epoch, index}; null where it is not a position. */
export function parsePosition(position) {
  const parts = typeof position === "string" ? /^([A-Za-z0-9_-]{1,64})\.(\d{1,15})$/.exec(position) : null;
  return parts && { epoch: parts[1], index: Number(parts[2]) };
}

export class CaptionFeed {
  /** @param {{keepFinals?: number}} options */
  constructor({ keepFinals = KEEP_FINALS } = {}) {
    this.keepFinals = keepFinals;
    /** What is on the screen, in order: {kind: "caption", ...} and {kind: "gap", ...}. */
    this.items = [];
    this.language = null;
    /** When the session began, ISO 8601 UTC: `startMs` and a transcript's times count from it. */
    this.startedAt = null;
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
    /** Told of each item that leaves the screen because of its age. @type {((item: object) => void) | null} */
    this.onTrim = null;
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
    if (typeof message.startedAt === "string") this.startedAt = message.startedAt;
    // The position of a welcome is never a place to resume from: before the snapshot, or within the replay, messages
    // up to it have not been applied yet. Dropped there, we ask again from where we truly are.
    this.awaitsSnapshot = message.recovered !== true;
    if (this.awaitsSnapshot) this.index = null;
    return { what: "welcome", recovered: !this.awaitsSnapshot, serverTime: message.serverTime };
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
    return { what: missed ? "missed" : "ping", position: message.position, serverTime: message.serverTime, answer: message.answer === true };
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
      this.onTrim?.(item);
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
    endMs: Number.isFinite(message.endMs) ? message.endMs : null,
    confidence: Number.isFinite(message.confidence) ? message.confidence : null,
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
