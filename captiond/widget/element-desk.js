/**
 * What <live-captions> does, behind its surface: brings together source, view, voice and the reader's tools, and draws
 * once a frame.
 */

import { brailleCells } from "./caption-braille.js";
import { CaptionControls, chosenControls, PauseBar } from "./caption-controls.js";
import { hotkeyAction } from "./caption-hotkeys.js";
import { CaptionSearch } from "./caption-search.js";
import { makeShell, nameButton, setText } from "./caption-shell.js";
import { CaptionSource, clockMs } from "./caption-source.js";
import { byLanguage, CaptionView } from "./caption-view.js";
import { EarlierLines } from "./earlier-lines.js";
import { ElementReading } from "./element-reading.js";
import { ElementSettings } from "./element-settings.js";
import { ElementStatus } from "./element-status.js";
import { ElementVoice } from "./element-voice.js";
import { primaryLanguage, wordsFor } from "./interface-words.js";
import { saveTranscript, SaveMenu } from "./save-menu.js";
import { Silence } from "./caption-silence.js";

export class ElementDesk {
  #host;
  #status;
  #parts;
  #settings;
  #controls;
  #pauseBar;
  #save;
  #silence;
  #earlier;
  #dueTimer;
  #drawQueued = false;
  #drawn = []; // the items that are on the screen
  #languages = new Set();
  #lastSaid = "";
  #uiLanguage = "";
  #ends = [];
  #number = 1; // among the elements of this page

  labels = {};

  /** @param {HTMLElement} host  @param {ShadowRoot} root  @param {ElementInternals | null} internals */
  constructor(host, root, internals) {
    this.#host = host;
    this.#settings = new ElementSettings(root, {
      address: () => this.source.base,
      changed: (settings) => this.#emit("captions-settings-change", { settings }),
    });
    this.#parts = makeShell(root);
    this.#settings.base = this.#parts.base;
    this.#status = new ElementStatus(host, internals, this.#parts);
    const { viewport, list, back, bar, base, delay } = this.#parts;
    this.source = new CaptionSource({ changed: (change) => this.#changed(change), status: () => this.#stateChanged() });
    this.view = new CaptionView(viewport, list, {
      moved: () => this.queueDraw(),
      began: () => host.hasAttribute("lines") || this.#earlier.reached(),
      resized: () => this.queueDraw(),
    });
    this.reading = new ElementReading(host, this.source, this.view, {
      emit: (type, detail) => this.#emit(type, detail),
      draw: () => this.queueDraw(),
      drawNow: () => this.#draw(),
      shown: () => this.#drawn,
      searching: () => this.search.isOpen,
    });
    this.voice = new ElementVoice(host, this.#parts, (utterance) => this.#lineOf(utterance));
    this.search = new CaptionSearch(this.view.lines, {
      go: (place) => this.view.show(place),
      closed: () => {
        this.#focusBack("search");
        this.queueDraw();
      },
    });
    this.#controls = new CaptionControls((action) => this.#does(action));
    this.#pauseBar = new PauseBar((where) => {
      this.reading.resume(where);
      viewport.focus({ preventScroll: true }); // the bar goes
    });
    this.#save = new SaveMenu((format) => {
      if (!saveTranscript(this.transcript, format)) this.#tell((words) => words.exportFailed);
      this.#focusBack("export");
    }, () => {
      this.#focusBack("export");
      this.queueDraw();
    });
    this.#silence = new Silence(() => this.reading.quiet());
    this.#earlier = new EarlierLines(this.#parts, {
      reader: () => this.source.reader,
      load: () => this.source.history(),
      mayLoad: () => host.hasAttribute("history") && this.source.base !== "",
      drawn: () => this.queueDraw(),
      hold: () => this.reading.hold(),
    });
    bar.prepend(this.#controls.node, this.search.node, this.#save.node);
    bar.append(delay);
    base.insertBefore(this.#pauseBar.node, back);
    back.addEventListener("click", () => {
      this.reading.toLive();
      viewport.focus({ preventScroll: true }); // the button goes, the focus must not go with it
    });
    root.addEventListener("keydown", (event) => this.#pressed(event));
  }

  // ---- life ----

  connect() {
    this.disconnect(false);
    const listen = (target, type, heard) => {
      target.addEventListener(type, heard);
      this.#ends.push(() => target.removeEventListener(type, heard));
    };
    const nudge = () => document.visibilityState === "visible" && this.source.nudge();
    listen(globalThis, "online", nudge);
    listen(document, "visibilitychange", nudge);
    this.#ends.push(this.#settings.listen(() => this.queueDraw()));
    this.#number = freeNumber();
    IN_PAGE.set(this, this.#number);
    this.#ends.push(() => IN_PAGE.delete(this));
    this.view.watch();
    this.#settings.apply();
    this.queueDraw();
  }

  /** @param {boolean} away for good, as far as can be known: hangs up */
  disconnect(away = true) {
    for (const end of this.#ends.splice(0)) end();
    this.view.unwatch();
    if (!away) return;
    this.source.stop();
    this.voice.stop();
    this.#silence.stop();
    this.search.close();
    this.reading.away();
    clearTimeout(this.#dueTimer);
  }

  /** Another session: nothing of the old one stays. */
  forget() {
    this.source.forget();
    this.voice.stop();
    this.#earlier.forget();
    this.#status.forget();
    this.reading.forget(this.#host.hasAttribute("paused"));
    this.queueDraw();
  }

  close() {
    this.source.close();
    this.queueDraw();
  }

  attribute(name, value) {
    const { viewport, list } = this.#parts;
    if (name === "lines") viewport.style.setProperty("--_lines", bounded(value, 1, 40, 3));
    else if (name === "max-ch") list.style.setProperty("--_max-ch", bounded(value, 10, 200, 42));
    else if (name === "stability") this.source.stability.profile = value;
    else if (name === "clear-after") this.#silence.afterS = value === null ? null : bounded(value, 2, 600, 5);
    else if (name === "paused") this.reading.pausedIs(value !== null);
    else if (name === "braille") this.voice.brailleIs(brailleCells(value), this.words);
    else if (name === "braille-pace") this.voice.pace = value;
    else if (name.startsWith("label")) return this.anew();
    return this.queueDraw();
  }

  /** All lines are made anew: other names, another language. */
  anew() {
    this.view.lines.clear();
    this.queueDraw();
  }

  // ---- what comes in ----

  #changed(change) {
    const { reader } = this.source;
    if (change.what === "caption") {
      this.#emit("captions-caption", { caption: { ...change.caption }, correction: change.correction });
      this.#silence.heard(change.caption.text);
      if (change.caption.final && !change.correction) {
        if (!this.view.following || reader.paused) this.view.unread += 1;
        this.#emit("captions-final", { caption: { ...change.caption } });
        this.voice.push(change.caption.utterance);
      }
    } else if (change.what === "gap") this.#emit("captions-gap", { gap: { ...change.gap } });
    else if (change.what === "reset") {
      this.#emit("captions-reset", {});
      if (change.missed !== undefined) {
        this.#emit("captions-missed", { lines: change.missed });
        this.#tell((words) => (change.missed === null ? words.missedUnknown : words.missed(change.missed)));
        this.#earlier.forget(); // what was loaded ends before what is missing
      }
    } else if (change.what === "session" || change.what === "welcome") this.#stateChanged();
    this.queueDraw();
  }

  /** A line as it is now, for who hears or feels it. */
  #lineOf(utterance) {
    const caption = this.source.feed.captions.get(utterance);
    if (!caption) return null;
    const { words } = this;
    return { name: this.#label(caption.channel, words), text: caption.text, words };
  }

  get words() {
    return wordsFor(this.#uiLanguage, this.#host.constructor.words);
  }

  get state() {
    return this.source.shown(this.words);
  }

  get delayMs() {
    return this.source.delay.delayMs(clockMs());
  }

  #stateChanged() {
    const { sessionState } = this.source.feed;
    const shown = { ...this.state, transport: this.source.transport, sessionState };
    const said = JSON.stringify(shown);
    if (said !== this.#lastSaid) {
      this.#lastSaid = said;
      this.#emit("captions-state", shown);
    }
    this.queueDraw();
  }

  #emit(type, detail) {
    this.#host.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }

  #tell(text) {
    this.#status.tell(text);
    this.queueDraw();
  }

  // ---- what the reader does ----

  #pressed(event) {
    const target = event.composedPath()[0];
    if (target.closest?.("input, select, textarea, dialog")) return;
    const action = hotkeyAction(event, this.#host.getAttribute("hotkeys") ?? "");
    if (action === null || (action === "next-line" && !this.voice.hasBraille)) return;
    event.preventDefault();
    event.stopPropagation();
    this.#does(action);
  }

  #does(action) {
    const acts = {
      pause: () => this.reading.toggle(),
      search: () => (this.search.isOpen ? this.search.close() : this.search.open()),
      mark: () => this.reading.mark(),
      "to-mark": () => this.reading.toMark(),
      live: () => this.reading.toLive(),
      settings: () => this.openSettings(),
      export: () => this.#save.toggle(),
      close: () => this.close(),
      larger: () => this.#settings.resize(1),
      smaller: () => this.#settings.resize(-1),
      "next-line": () => this.voice.nextLine(),
    };
    acts[action]();
    this.queueDraw();
  }

  openSettings() {
    this.#settings.open(this.words, this.#languages);
  }

  #focusBack(control) {
    const node = this.#controls.of(control);
    (node.offsetParent === null ? this.#parts.viewport : node).focus({ preventScroll: true });
  }

  /** For export(): all lines that are kept here. */
  get transcript() {
    const { words } = this;
    return this.source.transcript((channel) => this.#label(channel, words));
  }

  // ---- what goes on the screen ----

  #label(channel, words) {
    if (Object.hasOwn(this.labels, channel)) return String(this.labels[channel]);
    const attribute = this.#host.getAttribute(channel === "" ? "label" : `label-${channel}`);
    return attribute ?? (Object.hasOwn(words.speakers, channel) ? words.speakers[channel] : channel);
  }

  /** What the landmark is called: of several in a page each by a name of its own, or nobody finds the one meant. */
  #region(words) {
    const given = this.#host.getAttribute("label-region");
    return given || (this.#number > 1 ? `${words.region} ${this.#number}` : words.region);
  }

  queueDraw() {
    if (this.#drawQueued) return;
    this.#drawQueued = true;
    // Once a frame however many messages came: at most one layout, within 17 ms. A hidden page draws when it is seen.
    requestAnimationFrame(() => {
      this.#drawQueued = false;
      this.#draw();
    });
  }

  #draw() {
    const { reader, feed } = this.source;
    const rolls = this.#host.hasAttribute("lines");
    this.#languageIs(primaryLanguage(this.#host.getAttribute("ui-lang") ?? pageLanguage(this.#host)));
    const words = this.words;
    this.view.rolls = rolls;
    this.reading.settle();
    const live = this.source.stability.items(feed.items, performance.now());
    const chosen = byLanguage(reader.items(live), this.#settings.language, primaryLanguage);
    this.#languages = chosen.languages;
    this.#drawn = chosen.items;
    const how = { label: (channel) => this.#label(channel, words), words };
    this.view.draw(this.#drawn, how, reader.paused && !rolls, () => this.#drawAround(words, rolls, chosen.hidden));
    this.reading.drawMarks(words.marked);
    this.search.refresh();
    this.#drawWhenDue();
  }

  #drawAround(words, rolls, hidden) {
    const { base, bar, viewport, empty, back, notice } = this.#parts;
    const { reader } = this.source;
    const { state, reason } = this.state;
    viewport.setAttribute("aria-label", this.#region(words));
    const shownControls = chosenControls(this.#host.getAttribute("controls"));
    base.classList.toggle("has-controls", shownControls.length > 0);
    bar.classList.toggle("searches", this.search.isOpen || this.#save.isOpen);
    this.#controls.draw(shownControls, words, {
      paused: reader.paused,
      marks: this.reading.marks,
      searching: this.search.isOpen,
      mayExport: this.source.feed.items.length > 0,
      hotkeys: !/\boff\b/.test(this.#host.getAttribute("hotkeys") ?? ""),
    });
    this.#controls.of("export").setAttribute("aria-expanded", String(this.#save.isOpen));
    this.#pauseBar.draw(reader.paused, this.view.unread, words);
    this.#earlier.draw(words, rolls);
    empty.hidden = state !== "live" || this.#drawn.length > 0 || reader.earlier > 0;
    setText(empty, words.waiting);
    notice.hidden = hidden === 0;
    setText(notice, hidden === 0 ? "" : words.otherLanguages(hidden));
    back.hidden = this.view.following || reader.paused;
    setText(back, words.newLines(this.view.unread));
    base.classList.toggle("floats", reader.paused || !back.hidden);
    this.#status.draw(words, { state, reason, paused: reader.paused, delayMs: this.delayMs });
  }

  #languageIs(language) {
    if (language === this.#uiLanguage && this.#parts.base.lang !== "") return;
    this.#uiLanguage = language;
    const words = this.words;
    this.#parts.base.lang = wordsAreIn(language, this.#host.constructor.dictionaries);
    this.search.name(words);
    this.#save.name(words);
    this.voice.name(words);
    this.view.lines.clear();
  }

  /** Words that wait become old enough, and what is told grows old, without anything coming in. */
  #drawWhenDue() {
    clearTimeout(this.#dueTimer);
    const dues = [];
    const { nextDueMs } = this.source.stability;
    if (nextDueMs !== null) dues.push(nextDueMs - performance.now());
    if (this.#status.dueMs !== null) dues.push(this.#status.dueMs - clockMs());
    if (this.delayMs !== null) dues.push(this.source.delay.untilMs - clockMs());
    if (dues.length === 0 || !this.#host.isConnected) return;
    this.#dueTimer = setTimeout(() => this.queueDraw(), Math.max(0, Math.min(...dues)));
  }
}

/** Elements that are in the page, and their numbers. */
const IN_PAGE = new Map();

function freeNumber() {
  const taken = new Set(IN_PAGE.values());
  let number = 1;
  while (taken.has(number)) number += 1;
  return number;
}

function bounded(value, least, most, usual) {
  return Math.min(Math.max(Math.trunc(Number(value)) || usual, least), most);
}

/** What the nearest `lang` around a node says, also outside of the shadow tree it stands in; else the browser's. */
function pageLanguage(node) {
  for (let at = node; at; at = at.getRootNode().host) {
    const around = at.closest("[lang]");
    if (around) return around.lang;
  }
  return navigator.language;
}

function wordsAreIn(language, dictionaries) {
  return Object.hasOwn(dictionaries, language) ? language : "en";
}
