/**
 * What <live-captions> does, behind its surface: brings together source, view, voice and the reader's tools, and draws
 * once a frame.
 */

import { brailleCells } from "./caption-braille.js";
import { CaptionControls, chosenControls, PauseBar } from "./caption-controls.js";
import { LATE_MS } from "./caption-delay.js";
import { transcriptOf } from "./caption-exports.js";
import { hotkeyAction } from "./caption-hotkeys.js";
import { CaptionMarks } from "./caption-marks.js";
import { CaptionSearch } from "./caption-search.js";
import { nextSize } from "./caption-settings.js";
import { makeShell, nameButton, setText } from "./caption-shell.js";
import { CaptionSource, clockMs } from "./caption-source.js";
import { byLanguage, CaptionView } from "./caption-view.js";
import { BrailleRegion, CaptionVoice, spokenText } from "./caption-voice.js";
import { EarlierLines } from "./earlier-lines.js";
import { primaryLanguage, wordsFor } from "./interface-words.js";
import { LookOfSettings } from "./look-of-settings.js";
import { saveTranscript, SaveMenu } from "./save-menu.js";
import { SettingsPanel } from "./settings-panel.js";
import { SETTINGS } from "./settings-store.js";
import { Silence } from "./caption-silence.js";

/** A told loss stays readable for this long. */
const TELL_MS = 15_000;

export class ElementDesk {
  #host;
  #internals;
  #parts;
  #look;
  #controls;
  #pauseBar;
  #panel = null; // made when it is asked for
  #save;
  #braille = null;
  #marks = new CaptionMarks();
  #silence;
  #earlier;
  #dueTimer;
  #drawQueued = false;
  #drawn = []; // the items that are on the screen
  #languages = new Set();
  #told = null; // {text: (words) => string, untilMs}
  #lastSaid = "";
  #uiLanguage = "";
  #ends = [];

  labels = {};

  /** @param {HTMLElement} host  @param {ShadowRoot} root  @param {ElementInternals | null} internals */
  constructor(host, root, internals) {
    this.#host = host;
    this.#internals = internals;
    this.#look = new LookOfSettings(root);
    this.#parts = makeShell(root);
    const { viewport, list, back, log, bar, base, delay } = this.#parts;
    this.source = new CaptionSource({ changed: (change) => this.#changed(change), status: () => this.#stateChanged() });
    this.view = new CaptionView(viewport, list, {
      moved: () => this.queueDraw(),
      began: () => host.hasAttribute("lines") || this.#earlier.reached(),
      resized: () => this.queueDraw(),
    });
    this.voice = new CaptionVoice(log, (utterance) => this.#spoken(utterance));
    this.search = new CaptionSearch(this.view.lines, {
      go: (place) => this.view.show(place),
      closed: () => {
        this.#focusBack("search");
        this.queueDraw();
      },
    });
    this.#controls = new CaptionControls((action) => this.#does(action));
    this.#pauseBar = new PauseBar((where) => this.resume(where));
    this.#save = new SaveMenu((format) => {
      if (!saveTranscript(this.transcript, format)) this.#tell((words) => words.exportFailed);
      this.#focusBack("export");
    });
    this.#silence = new Silence(() => this.#quiet());
    this.#earlier = new EarlierLines(this.#parts, {
      reader: () => this.source.reader,
      load: () => this.source.history(),
      mayLoad: () => host.hasAttribute("history") && this.source.base !== "",
      drawn: () => this.queueDraw(),
      hold: () => {
        this.view.following = false;
        this.source.reader.holding = true;
      },
    });
    bar.prepend(this.#controls.node, this.search.node, this.#save.node);
    bar.append(delay);
    base.insertBefore(this.#pauseBar.node, back);
    back.addEventListener("click", () => {
      this.toLive();
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
    this.#ends.push(SETTINGS.listen(() => this.#settingsChanged()));
    this.view.watch();
    this.#settingsChanged();
  }

  /** @param {boolean} away for good, as far as can be known: hangs up */
  disconnect(away = true) {
    for (const end of this.#ends.splice(0)) end();
    this.view.unwatch();
    if (!away) return;
    this.source.stop();
    this.voice.stop();
    this.#braille?.stop();
    this.#silence.stop();
    this.search.close();
    this.#marks.draw(this.view.lines, "");
    clearTimeout(this.#dueTimer);
  }

  /** Another session: nothing of the old one stays. */
  forget() {
    this.source.forget();
    this.voice.stop();
    this.#braille?.stop();
    this.#marks.forget();
    this.#earlier.forget();
    this.#told = null;
    this.view.toEnd();
    if (this.#host.hasAttribute("paused")) this.source.reader.pause([]);
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
    else if (name === "paused") this.#pausedIs(value !== null);
    else if (name === "braille") this.#brailleIs(brailleCells(value));
    else if (name === "braille-pace" && this.#braille) this.#braille.pace = value;
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
        this.#sayFinal(change.caption);
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

  #sayFinal(caption) {
    if (this.#braille) this.#braille.push(this.#spoken(caption.utterance));
    else if (this.#host.getAttribute("announce") === "finals") this.voice.push(caption.utterance);
  }

  #spoken(utterance) {
    const caption = this.source.feed.captions.get(utterance);
    if (!caption) return "";
    const name = this.#label(caption.channel, this.words);
    return `${name ? `${name}: ` : ""}${spokenText(caption.text, this.words)}`;
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
    this.#told = { text, untilMs: clockMs() + TELL_MS };
    this.queueDraw();
  }

  // ---- what the reader does ----

  #pressed(event) {
    const target = event.composedPath()[0];
    if (target.closest?.("input, select, textarea, dialog")) return;
    const action = hotkeyAction(event, this.#host.getAttribute("hotkeys") ?? "");
    if (action === null || (action === "next-line" && !this.#braille)) return;
    event.preventDefault();
    event.stopPropagation();
    this.#does(action);
  }

  #does(action) {
    const acts = {
      pause: () => (this.source.reader.paused ? this.resume("live") : this.#host.toggleAttribute("paused", true)),
      search: () => (this.search.isOpen ? this.search.close() : this.search.open()),
      mark: () => this.mark(),
      "to-mark": () => this.toMark(),
      live: () => this.toLive(),
      settings: () => this.openSettings(),
      export: () => this.#save.toggle(),
      close: () => this.close(),
      larger: () => this.#sized(1),
      smaller: () => this.#sized(-1),
      "next-line": () => this.#braille?.next(),
    };
    acts[action]();
    this.queueDraw();
  }

  #sized(step) {
    const { settings } = SETTINGS;
    SETTINGS.set({ ...settings, size: nextSize(settings.size, step) });
    this.#emit("captions-settings-change", { settings: SETTINGS.settings });
  }

  #pausedIs(paused) {
    const { reader } = this.source;
    if (paused === reader.paused) return;
    if (!paused) return void this.#resumed("live");
    reader.pause(this.#drawn);
    this.view.unread = this.view.following ? 0 : this.view.unread;
    this.#emit("captions-pause", {});
  }

  /** @param {"live" | "here"} where */
  resume(where) {
    if (!this.source.reader.paused) return;
    const focused = this.#pauseBar.node.contains(this.#parts.base.getRootNode().activeElement);
    this.#resumed(where);
    this.#host.toggleAttribute("paused", false);
    if (focused) this.#parts.viewport.focus({ preventScroll: true });
  }

  #resumed(where) {
    const lines = this.view.unread;
    this.source.reader.resume();
    if (where === "live") this.view.toEnd();
    else this.view.following = false;
    this.#emit("captions-resume", { where, lines });
    this.queueDraw();
  }

  toLive() {
    if (this.source.reader.paused) return this.resume("live");
    this.view.toEnd();
    return this.queueDraw();
  }

  clear() {
    this.source.reader.clear();
    this.queueDraw();
  }

  /** Nothing was said for so long; who reads back, has paused or is inside keeps the lines. */
  #quiet() {
    if (!this.view.following || this.source.reader.paused || this.#host.matches(":focus-within")) return;
    this.clear();
  }

  mark() {
    const place = this.#selected() ?? this.#lastWords();
    if (place) this.#marks.toggle(place);
    this.queueDraw();
  }

  /** The selected words, if they are in one of the lines. */
  #selected() {
    const root = this.#parts.base.getRootNode();
    const selection = root.getSelection?.() ?? globalThis.getSelection();
    if (!selection || selection.rangeCount === 0 || selection.isCollapsed) return null;
    const range = selection.getRangeAt(0);
    for (const { key, node, text } of this.view.lines.drawn) {
      if (!node.contains(range.startContainer)) continue;
      const before = document.createRange();
      before.setStart(node.querySelector(".text"), 0);
      before.setEnd(range.startContainer, range.startOffset);
      const start = Math.min(before.toString().length, text.length - 1);
      return { key, start, end: Math.min(Math.max(start + range.toString().length, start + 1), text.length) };
    }
    return null;
  }

  /** The last word of the last line in view: where a reader who follows is. */
  #lastWords() {
    const line = this.view.lastSeen;
    const word = line && /\S+\s*$/.exec(line.text);
    return word ? { key: line.key, start: word.index, end: line.text.trimEnd().length } : null;
  }

  toMark() {
    const mark = this.#marks.take();
    if (!mark) return;
    this.view.following = false;
    this.source.reader.holding = true;
    if (!this.source.reader.revealTo(mark.key)) return void this.#marks.toggle(mark); // no longer kept
    this.#draw();
    const place = this.view.lines.range(mark.key, mark.start, mark.end) ?? this.view.lines.nodeOf(mark.key);
    if (place) this.view.show(place);
  }

  openSettings() {
    if (!this.#panel) {
      this.#panel = new SettingsPanel(SETTINGS, () => this.#emit("captions-settings-change", { settings: SETTINGS.settings }));
      this.#panel.node.lang = this.#parts.base.lang;
      this.#parts.base.getRootNode().append(this.#panel.node);
      this.#settingsChanged();
    }
    this.#panel.open(this.words, languageNames(this.#languages, this.#uiLanguage));
  }

  #settingsChanged() {
    this.#look.apply(SETTINGS.settings, this.source.base, [this.#parts.base, this.#panel?.node]);
    this.#panel?.draw();
    this.queueDraw();
  }

  #focusBack(control) {
    const node = this.#controls.of(control);
    (node.offsetParent === null ? this.#parts.viewport : node).focus({ preventScroll: true });
  }

  /** For export(): all lines that are kept here. */
  get transcript() {
    const { feed, reader } = this.source;
    const words = this.words;
    const items = reader.all.filter((item) => item.kind !== "missed");
    const finals = items.filter((item) => item.kind === "caption" && item.final).length;
    const total = feed.earlierFinals + feed.figures.finals;
    return { ...transcriptOf(feed, this.#host.session, (channel) => this.#label(channel, words)), items, earlierFinals: Math.max(0, total - finals) };
  }

  // ---- what goes on the screen ----

  #label(channel, words) {
    if (channel in this.labels) return String(this.labels[channel]);
    const attribute = this.#host.getAttribute(channel === "" ? "label" : `label-${channel}`);
    return attribute ?? (Object.hasOwn(words.speakers, channel) ? words.speakers[channel] : channel);
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
    this.#languageIs(primaryLanguage(this.#host.getAttribute("ui-lang") ?? this.#host.closest("[lang]")?.lang ?? navigator.language));
    const words = this.words;
    reader.holding = !this.view.following && !rolls;
    if (this.view.following && !reader.paused && !rolls) reader.atEnd();
    const live = this.source.stability.items(feed.items, performance.now());
    const chosen = byLanguage(reader.items(live), SETTINGS.settings.language, primaryLanguage);
    this.#languages = chosen.languages;
    this.#drawn = chosen.items;
    const how = { label: (channel) => this.#label(channel, words), words };
    this.view.draw(this.#drawn, how, reader.paused && !rolls, () => this.#drawAround(words, rolls, chosen.hidden));
    this.#marks.draw(this.view.lines, words.marked);
    this.search.refresh();
    this.#drawWhenDue();
  }

  #drawAround(words, rolls, hidden) {
    const { base, bar, viewport, empty, back, notice } = this.#parts;
    const { reader } = this.source;
    const { state, reason } = this.state;
    viewport.setAttribute("aria-label", words.region);
    const shownControls = chosenControls(this.#host.getAttribute("controls"));
    base.classList.toggle("has-controls", shownControls.length > 0);
    bar.classList.toggle("searches", this.search.isOpen || this.#save.isOpen);
    this.#controls.draw(shownControls, words, {
      paused: reader.paused,
      marks: this.#marks.count,
      searching: this.search.isOpen,
      mayExport: this.source.feed.items.length > 0,
      hotkeys: !/\boff\b/.test(this.#host.getAttribute("hotkeys") ?? ""),
    });
    this.#pauseBar.draw(reader.paused, this.view.unread, words);
    this.#earlier.draw(words, rolls);
    empty.hidden = state !== "live" || this.#drawn.length > 0 || reader.earlier > 0;
    setText(empty, words.waiting);
    notice.hidden = hidden === 0;
    setText(notice, hidden === 0 ? "" : words.otherLanguages(hidden));
    back.hidden = this.view.following || rolls || reader.paused;
    setText(back, words.newLines(this.view.unread));
    this.#drawStatus(words, state, reason, reader.paused);
  }

  #drawStatus(words, state, reason, paused) {
    const { status, delay } = this.#parts;
    if (this.#told && clockMs() >= this.#told.untilMs) this.#told = null;
    const troubled = state !== "live";
    const said = troubled ? reason : this.#told ? this.#told.text(words) : paused ? words.paused : "";
    status.dataset.state = state;
    if (this.#host.getAttribute("announce") === "off") status.setAttribute("aria-live", "off");
    else status.removeAttribute("aria-live");
    status.classList.toggle("unseen", said === "" || (!troubled && !this.#told)); // of a pause the bar tells who sees
    setText(status, said);
    const delayMs = this.delayMs;
    const late = delayMs !== null && delayMs >= LATE_MS;
    const wanted = this.#host.getAttribute("delay") ?? "late";
    delay.hidden = wanted === "off" || troubled || (wanted !== "always" && !late);
    delay.classList.toggle("late", late);
    const seconds = delayMs === null ? 0 : delayMs / 1000;
    setText(delay, delayMs === null ? words.delayUnknown : late ? words.behind(Math.round(seconds)) : words.onTime(seconds.toFixed(1)));
    this.#host.dataset.state = state; // for the page's style: live-captions[data-state="reconnecting"]
    this.#stateIs({ live: state === "live" && !paused, paused, reconnecting: state === "reconnecting", stale: troubled || late });
  }

  #stateIs(states) {
    for (const [name, is] of Object.entries(states)) {
      try {
        if (is) this.#internals?.states.add(name);
        else this.#internals?.states.delete(name);
      } catch {
        this.#internals = null; // a browser that knows only another form of names
      }
    }
  }

  #languageIs(language) {
    if (language === this.#uiLanguage && this.#parts.base.lang !== "") return;
    this.#uiLanguage = language;
    const words = this.words;
    this.#parts.base.lang = wordsAreIn(language, this.#host.constructor.dictionaries);
    if (this.#panel) this.#panel.node.lang = this.#parts.base.lang;
    this.search.name(words);
    this.#save.name(words);
    this.#braille?.name(words);
    this.view.lines.clear();
  }

  #brailleIs(cells) {
    if (cells === null) {
      this.#braille?.stop();
      this.#braille?.node.remove();
      this.#braille = null;
      return;
    }
    if (!this.#braille) {
      this.#braille = new BrailleRegion();
      this.#braille.pace = this.#host.getAttribute("braille-pace");
      this.#parts.base.append(this.#braille.node);
    }
    this.#braille.cells = cells;
    this.#braille.name(this.words);
  }

  /** Words that wait become old enough, and what is told grows old, without anything coming in. */
  #drawWhenDue() {
    clearTimeout(this.#dueTimer);
    const dues = [];
    const { nextDueMs } = this.source.stability;
    if (nextDueMs !== null) dues.push(nextDueMs - performance.now());
    if (this.#told) dues.push(this.#told.untilMs - clockMs());
    if (this.delayMs !== null) dues.push(this.source.delay.untilMs - clockMs());
    if (dues.length > 0 && this.#host.isConnected) this.#dueTimer = setTimeout(() => this.queueDraw(), Math.max(0, Math.min(...dues)));
  }
}

function bounded(value, least, most, usual) {
  return Math.min(Math.max(Math.trunc(Number(value)) || usual, least), most);
}

function wordsAreIn(language, dictionaries) {
  return Object.hasOwn(dictionaries, language) ? language : "en";
}

/** The languages' own names, for a list to choose from. */
function languageNames(languages, uiLanguage) {
  const names = new Map();
  for (const language of [...languages].sort()) {
    let name = language;
    try {
      name = new Intl.DisplayNames([uiLanguage || "en"], { type: "language" }).of(language) ?? language;
    } catch {
      // Not a language that has a name: its tag.
    }
    names.set(language, name);
  }
  return names;
}
