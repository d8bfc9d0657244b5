/**
 * <live-captions src session>: live captions as a custom element. No dependency, no inline style, `textContent` only.
 *
 * Attributes: `src` (base URL of the daemon; default the page's origin), `session`, `lines` (roll-up of that many
 * lines instead of a scrolling list), `stability` ("responsive" by default, "balanced", "steady", "finals": how long words
 * wait until they are shown, docs/stability.md), `finals-only`, `announce` ("status" by default, "finals", "off"), `theme`
 * ("light", "dark"; default the viewer's), `label` / `label-internal` / `label-external` (speaker names).
 * Properties: `token`, `tokenProvider` (may be async; asked before each connection), `labels`, `state`, `feed`,
 * `figures`. A `token` attribute is taken and removed at once: attributes are in the page's source and its snapshots.
 * Events (bubble, composed): `captions-state` {state, reason, transport, sessionState}, `captions-caption` {caption,
 * correction}, `captions-gap` {gap}, `captions-reset`.
 */

import { CaptionFeed } from "./caption-feed.js";
import { CaptionLines } from "./caption-lines.js";
import { Stabiliser } from "./caption-stability.js";
import { MASK_NAMES, textRuns } from "./caption-text.js";
import { CaptionsLink } from "./captions-link.js";
import { STYLE } from "./live-captions-style.js";

/** What the element says itself, in English. For another language: `Object.assign(LiveCaptions.words, {...})`. */
export const WORDS = {
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

export class LiveCaptions extends Base {
  static observedAttributes = [
    "src", "session", "lines", "stability", "finals-only", "theme", "label", "label-internal", "label-external", "token",
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
  #stability = new Stabiliser();
  #stabilityTimer;
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
      clearTimeout(this.#stabilityTimer);
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
    } else if (name === "stability") this.#stability.profile = after;
    else if (name.startsWith("label")) this.#lines.clear();
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
      this.#stability.apply(change.caption, performance.now()); // each revision counts, also between two frames
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
    this.#lines.draw(this.#stability.items(this.#feed.items, performance.now()), (channel) => this.#label(channel));
    this.#drawWhenDue();
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

  /** Words that wait become old enough without anything coming in. */
  #drawWhenDue() {
    clearTimeout(this.#stabilityTimer);
    const dueMs = this.#stability.nextDueMs;
    if (dueMs === null || !this.isConnected) return;
    this.#stabilityTimer = setTimeout(() => this.#queueDraw(), Math.max(dueMs - performance.now(), 0));
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
