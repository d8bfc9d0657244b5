/**
 * <live-captions src session>: live captions as a custom element. No dependency, no inline style, `textContent` only.
 * docs/widget.md lists all that it understands; here it is put together of its parts:
 *
 *   caption-source    link, feed, reader, delay: what there is to show, and the token, which nothing else sees
 *   caption-view      the list and where its reader is in it (caption-lines draws, caption-breaks keeps lines still)
 *   caption-voice     what a screen reader and a braille display are given
 *   caption-controls, caption-search, caption-marks, settings-panel: what a reader does
 *
 * @attr {string} src - base URL of the daemon; default the page's own origin
 * @attr {string} session - the session's id
 * @attr {number} lines - roll up that many lines (1 to 40) instead of scrolling a list
 * @attr {number} max-ch - characters in a line, at most (10 to 200)
 * @attr {number} clear-after - seconds of silence after which the lines go (2 to 600)
 * @attr {"responsive"|"balanced"|"steady"|"finals"} stability - how long words wait until they are shown
 * @attr {boolean} finals-only - no partials
 * @attr {boolean} history - earlier lines are loaded when the reader comes to the beginning
 * @attr {boolean} paused - nothing new is shown, all of it is kept
 * @attr {"status"|"finals"|"off"} announce - what a screen reader is told by itself
 * @attr {number} braille - finals line by line, so many cells wide; 40 without a value
 * @attr {number} braille-pace - seconds for a line; 0: by key only
 * @attr {"late"|"always"|"off"} delay - whether it is said how far the captions are behind
 * @attr {string} controls - a bar of controls; which ones: pause search mark to-mark settings export close
 * @attr {string} hotkeys - keys that are off: "nop nof", or "off"
 * @attr {"light"|"dark"|"contrast"} theme - default the viewer's
 * @attr {"top"|"bottom"} position - fixed to that edge of the window
 * @attr {string} ui-lang - language of the element's own words; default that of the page
 * @attr {string} label - name of a speaker without a channel
 * @attr {string} label-internal - name of the internal speaker
 * @attr {string} label-external - name of the external speaker
 * @attr {string} label-region - what the region is called among the landmarks of the page
 * @attr {string} token-src - where the page's own server answers with a token, asked before every connection
 * @attr {string} token - taken and removed at once; better set the property
 * @fires captions-state - {state, reason, transport, sessionState}
 * @fires captions-caption - {caption, correction}
 * @fires captions-final - {caption}
 * @fires captions-gap - {gap}
 * @fires captions-missed - {lines}
 * @fires captions-reset - {}
 * @fires captions-pause - {}
 * @fires captions-resume - {where, lines}
 * @fires captions-settings-change - {settings}
 * @cssstate live - words come
 * @cssstate paused - the reader has paused
 * @cssstate reconnecting - the line, or the call's transcription, is interrupted
 * @cssstate stale - what is shown is late, or nothing new comes
 * @csspart base - all of it
 * @csspart bar - the row above the lines: controls, search, the menu to save
 * @csspart controls - the buttons of the attribute `controls`
 * @csspart control - one of them
 * @csspart search - where words are looked for
 * @csspart viewport - what scrolls
 * @csspart list - all lines
 * @csspart line - one utterance
 * @csspart open - a line whose words still change
 * @csspart held - a line with an open mask
 * @csspart speaker - who speaks
 * @csspart text - what is said
 * @csspart settled - words that stand
 * @csspart tentative - words that may still change
 * @csspart mask - what stands for something private
 * @csspart mask-open - one that is not decided yet
 * @csspart mask-closed - one that is named
 * @csspart gap - where updates were lost
 * @csspart missed - where lines were missed
 * @csspart earlier - how many lines are not shown, and the way to them
 * @csspart empty - what is said before the first words
 * @csspart status - the state of the connection
 * @csspart delay - how far the captions are behind
 * @csspart pause-bar - what waits while the reader has paused
 * @csspart back - the way to the newest words
 * @csspart panel - the dialog of settings
 * @cssprop --captions-color - text
 * @cssprop --captions-background - behind everything
 * @cssprop --captions-text-background - behind the text of a line
 * @cssprop --captions-font-family
 * @cssprop --captions-font-size - 1.125rem where not set
 * @cssprop --captions-line-height - 1.5 where not set
 * @cssprop --captions-line-gap - between two utterances
 * @cssprop --captions-padding - around the lines
 * @cssprop --captions-edge - a text-shadow
 * @cssprop --captions-tentative-color - words that may still change; at least 4.5:1
 * @cssprop --captions-mask-color
 * @cssprop --captions-mask-background
 * @cssprop --captions-internal-color - the internal speaker's name
 * @cssprop --captions-external-color - the external speaker's name
 * @cssprop --captions-width - at most, where `position` is set
 * @cssprop --captions-z-index - where `position` is set
 */

import { ElementDesk } from "./element-desk.js";
import { DICTIONARIES, WORDS } from "./interface-words.js";
import { exportTranscript } from "./caption-exports.js";
import { SETTINGS } from "./settings-store.js";

const Base = globalThis.HTMLElement ?? class {}; // importable where there is no DOM

export class LiveCaptions extends Base {
  static observedAttributes = [
    "src", "session", "lines", "max-ch", "clear-after", "stability", "finals-only", "paused", "braille", "braille-pace",
    "delay", "controls", "hotkeys", "theme", "ui-lang", "label", "label-internal", "label-external",
    "label-region", "token", "token-src",
  ];
  /** What a page wants said instead, in every language: `Object.assign(LiveCaptions.words, {...})`. Reads as English. */
  static words = Object.create(WORDS);
  /** The element's own words by language. */
  static dictionaries = DICTIONARIES;

  static define(tag = "live-captions", registry = globalThis.customElements) {
    if (registry && !registry.get(tag)) registry.define(tag, this);
    return this;
  }

  #desk; // everything below the surface
  #startQueued = false;

  constructor() {
    super();
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    let internals = null;
    try {
      internals = this.attachInternals();
    } catch {
      // An old browser, or an element that was upgraded twice: data-state says the same.
    }
    this.#desk = new ElementDesk(this, root, internals);
  }

  // ---- what a page sets and reads ----

  get src() { return this.getAttribute("src") ?? ""; }
  set src(value) { this.setAttribute("src", value); }
  get session() { return this.getAttribute("session") ?? ""; }
  set session(value) { this.setAttribute("session", value); }
  /** Write-only on purpose: what is set cannot be read back from the page. */
  get token() { return null; }
  set token(value) { this.#desk.source.token = value; this.#restart(); }
  get tokenProvider() { return this.#desk.source.provider; }
  set tokenProvider(value) { this.#desk.source.provider = value; this.#restart(); }
  get labels() { return { ...this.#desk.labels }; }
  set labels(value) { this.#desk.labels = { ...value }; this.#desk.anew(); }
  /** The viewer's settings, those of all widgets of this origin; {} resets them. */
  get settings() { return SETTINGS.settings; }
  set settings(value) { SETTINGS.set(value); }
  get paused() { return this.#desk.source.reader.paused; }
  set paused(value) { this.toggleAttribute("paused", Boolean(value)); }

  /** "connecting", "live", "reconnecting", "ended", "failed" or "closed": of the line and the call behind it, the worse. */
  get state() { return this.#desk.state.state; }
  get reason() { return this.#desk.state.reason; }
  get transport() { return this.#desk.source.transport; }
  get feed() { return this.#desk.source.feed; }
  /** Copies of the captions that are kept, in order: {utterance, text, final, held, channel, language, …}. */
  get segments() {
    return this.#desk.source.reader.all.filter((item) => item.kind === "caption").map((item) => structuredClone(item));
  }
  get figures() {
    const { figures } = this.feed;
    return { ...figures, redactions: { ...figures.redactions } };
  }
  /** How far the newest words were behind what was said when they came, in ms; null where that is not known. */
  get delayMs() { return this.#desk.delayMs; }

  /** Follows the newest words again. */
  backToLive() { this.#desk.reading.toLive(); }
  /** Shows nothing new from now on, and keeps it. */
  pause() { this.paused = true; }
  /** @param {"live" | "here"} where to the newest words, or on from where the reader is */
  resume(where = "live") { this.#desk.reading.resume(where); }
  /** Takes off the screen what is on it. */
  clear() { this.#desk.reading.clear(); }
  /** Ends the connection for good; what was said stays readable. */
  close() { this.#desk.close(); }
  /** After `close`: connects again. */
  open() { this.#desk.source.open(); this.#restart(); }
  /** Sets a mark at the selected words, or at the last line in view; takes it away where there is one. */
  mark() { this.#desk.reading.mark(); }
  /** Goes to the newest mark, then to the one before. */
  toMark() { this.#desk.reading.toMark(); }
  openSearch() { this.#desk.search.open(); this.#desk.queueDraw(); }
  openSettings() { this.#desk.openSettings(); }
  /** What this page has of the call, as text. @param {"txt" | "srt" | "vtt" | "json"} format */
  export(format = "txt") { return exportTranscript(this.#desk.transcript, format); }

  // ---- life ----

  connectedCallback() {
    for (const name of ["token", "tokenProvider", "labels", "src", "session", "paused", "settings"]) this.#upgrade(name);
    this.#takeTokenAttribute();
    this.#desk.connect();
    this.#queueStart();
  }

  disconnectedCallback() {
    // Moved within the page it is connected again at once; only who stays away hangs up.
    queueMicrotask(() => {
      if (!this.isConnected) this.#desk.disconnect();
    });
  }

  attributeChangedCallback(name, before, after) {
    if (before === after) return;
    if (name === "token") this.#takeTokenAttribute();
    else if (name === "src" || name === "session" || name === "finals-only" || name === "token-src") {
      this.#desk.forget();
      this.#restart();
    } else this.#desk.attribute(name, after);
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

  #restart() {
    this.#desk.source.stop();
    if (this.isConnected) this.#queueStart();
  }

  #queueStart() {
    if (this.#startQueued) return;
    this.#startQueued = true;
    // One microtask later all attributes and properties of this turn are set.
    queueMicrotask(() => {
      this.#startQueued = false;
      if (!this.isConnected || this.#desk.source.running) return;
      this.#desk.source.start({
        src: this.src,
        session: this.session,
        tokenSrc: this.getAttribute("token-src") ?? "",
        finalsOnly: this.hasAttribute("finals-only"),
        document: document.baseURI,
      });
    });
  }
}
