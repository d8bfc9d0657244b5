/** The controls of <live-captions>: which ones are shown says the attribute `controls`; keys do the same without. */

import { button, depict, make, nameButton } from "./caption-shell.js";

/** In this order. `controls=""` shows all but `close`; `controls="pause settings"` these two. */
export const CONTROLS = ["pause", "search", "mark", "to-mark", "settings", "export", "close"];
const USUAL = ["pause", "search", "mark", "to-mark", "settings", "export"];
const KEYS = { pause: "P", search: "F", mark: "M", "to-mark": "B", settings: "S" };
const WORD_OF = { "to-mark": "toMark" };

/** Which controls an attribute's value asks for; none where there is no attribute (null). */
export function chosenControls(attribute) {
  if (attribute === null) return [];
  const asked = attribute.toLowerCase().split(/\s+/).filter((name) => CONTROLS.includes(name));
  return asked.length > 0 ? CONTROLS.filter((name) => asked.includes(name)) : USUAL;
}

export class CaptionControls {
  #buttons = {};

  /** @param {(action: string) => void} does what a button asks for, by the names of CONTROLS */
  constructor(does) {
    this.node = make("div", "controls", { role: "group", hidden: "" });
    for (const name of CONTROLS) {
      const node = button(`control-${name}`, name);
      node.part.add("control");
      node.classList.add("control");
      node.addEventListener("click", () => does(name));
      this.#buttons[name] = node;
      this.node.append(node);
    }
  }

  /** The button of an action: where the focus goes back to. */
  of(name) {
    return this.#buttons[name];
  }

  /**
   * @param {string[]} chosen  @param {object} words
   * @param {{paused: boolean, marks: number, searching: boolean, mayExport: boolean, hotkeys: boolean}} now
   */
  draw(chosen, words, now) {
    this.node.setAttribute("aria-label", words.controls);
    this.node.hidden = chosen.length === 0;
    if (this.node.hidden) return;
    for (const [name, node] of Object.entries(this.#buttons)) {
      const idle = (name === "to-mark" && now.marks === 0) || (name === "export" && !now.mayExport);
      node.hidden = idle || !chosen.includes(name);
      const word = name === "pause" && now.paused ? words.resume : words[WORD_OF[name] ?? name];
      nameButton(node, word, now.hotkeys ? (KEYS[name] ?? "") : "");
    }
    this.#buttons.pause.classList.toggle("resumes", now.paused);
    depict(this.#buttons.pause, now.paused ? "resume" : "pause");
    this.#buttons.search.setAttribute("aria-expanded", String(now.searching));
  }
}

/** While the reader has paused: what waits, and both ways to go on. */
export class PauseBar {
  #told = make("span", "pause-told");
  #goOn = button("go-on");
  #toLive = button("to-live");

  /** @param {(where: "here" | "live") => void} resume */
  constructor(resume) {
    this.node = make("div", "pause-bar", { role: "group", hidden: "" }, this.#told, this.#goOn, this.#toLive);
    this.#goOn.addEventListener("click", () => resume("here"));
    this.#toLive.addEventListener("click", () => resume("live"));
  }

  draw(paused, unread, words) {
    this.node.hidden = !paused;
    if (!paused) return;
    const told = unread > 0 ? words.pausedNew(unread) : words.paused;
    if (this.#told.textContent !== told) this.#told.textContent = told;
    this.node.setAttribute("aria-label", words.pause);
    nameButton(this.#goOn, words.goOn);
    nameButton(this.#toLive, words.toLive);
  }
}
