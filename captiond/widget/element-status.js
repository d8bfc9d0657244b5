/** What <live-captions> tells of itself: the state in words, what was lost, how far behind, its states for CSS. */

import { LATE_MS } from "./caption-delay.js";
import { setText } from "./caption-shell.js";
import { clockMs } from "./caption-source.js";

/** A told loss stays readable for this long. */
const TELL_MS = 15_000;

export class ElementStatus {
  #host;
  #internals;
  #parts;
  #told = null; // {text: (words) => string, untilMs}

  /** @param {HTMLElement} host  @param {ElementInternals | null} internals  @param {Record<string, HTMLElement>} parts */
  constructor(host, internals, parts) {
    this.#host = host;
    this.#internals = internals;
    this.#parts = parts;
  }

  /** @param {(words: object) => string} text said for a while, then gone */
  tell(text) {
    this.#told = { text, untilMs: clockMs() + TELL_MS };
  }

  forget() {
    this.#told = null;
  }

  /** When what is told grows old, by clockMs; null where nothing does. */
  get dueMs() { return this.#told?.untilMs ?? null; }

  /** @param {object} words  @param {{state: string, reason: string, paused: boolean, delayMs: number | null}} now */
  draw(words, { state, reason, paused, delayMs }) {
    const { status, delay } = this.#parts;
    if (this.#told && clockMs() >= this.#told.untilMs) this.#told = null;
    const troubled = state !== "live";
    const said = troubled ? reason : this.#told ? this.#told.text(words) : paused ? words.paused : "";
    status.dataset.state = state;
    if (this.#host.getAttribute("announce") === "off") status.setAttribute("aria-live", "off");
    else status.removeAttribute("aria-live");
    status.classList.toggle("unseen", said === "" || (!troubled && !this.#told)); // of a pause the bar tells who sees
    setText(status, said);
    const late = delayMs !== null && delayMs >= LATE_MS;
    const wanted = this.#host.getAttribute("delay") ?? "late";
    delay.hidden = wanted === "off" || troubled || (wanted !== "always" && !late);
    delay.classList.toggle("late", late);
    const seconds = delayMs === null ? 0 : delayMs / 1000;
    const behind = late ? words.behind(Math.round(seconds)) : words.onTime(seconds.toFixed(1));
    setText(delay, delayMs === null ? words.delayUnknown : behind);
    this.#host.dataset.state = state; // for the page's style: live-captions[data-state="reconnecting"]
    const live = state === "live" && !paused;
    this.#stateIs({ live, paused, reconnecting: state === "reconnecting", stale: troubled || late });
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
}
