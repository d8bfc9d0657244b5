/**
 * The viewer's settings as a dialog: native controls, a preview that is drawn as captions are, a warning in words where
 * the colors are hard to read. What is chosen holds at once, behind the dialog too.
 */

import {
  COLORS, contrastOf, DEFAULT_SETTINGS, EDGE_NAMES, FONTS, OPACITIES, parseColor, SIZES, TEXT_OPACITIES,
} from "./caption-settings.js";
import { make, setText } from "./caption-shell.js";

/** WCAG 2.2, 1.4.3. */
const ENOUGH = 4.5;

export class SettingsPanel {
  #store;
  #changed;
  #fields = {}; // setting -> {field, select, label}
  #title = make("h2", "panel-title", { id: "panel-title" });
  #sample = make("span", "sample-text");
  #mask = make("span", "sample-mask");
  #window = make("div", "panel-window", {}, make("p", "sample", {}, this.#sample));
  #warning = make("p", "panel-warning", { role: "status" });
  #kept = make("p", "panel-kept");
  #reset = make("button", "panel-reset", { type: "button" });
  #done = make("button", "panel-done", { type: "button" });
  #groups = {};

  /**
   * @param {import("./settings-store.js").SettingsStore} store
   * @param {() => void} changed the viewer changed something
   */
  constructor(store, changed) {
    this.#store = store;
    this.#changed = changed;
    const fields = make("div", "panel-fields");
    for (const [group, names] of [
      ["", ["font", "size", "edge", "language"]],
      ["text", ["textColor", "textOpacity"]],
      ["background", ["backgroundColor", "backgroundOpacity"]],
      ["window", ["windowColor", "windowOpacity"]],
    ]) {
      const set = group === "" ? fields : make("fieldset", "panel-group", {}, (this.#groups[group] = make("legend", "")));
      for (const name of names) set.append(this.#field(name));
      if (set !== fields) fields.append(set);
    }
    this.#reset.addEventListener("click", () => this.#choose(DEFAULT_SETTINGS));
    this.#done.addEventListener("click", () => this.node.close());
    const keys = make("div", "panel-keys", {}, this.#reset, this.#done);
    this.node = make("dialog", "panel", { "aria-labelledby": "panel-title" });
    const preview = make("div", "panel-preview", {}, this.#window, this.#warning);
    this.node.append(this.#title, preview, fields, this.#kept, keys);
    this.node.addEventListener("click", (event) => {
      if (event.target === this.node && this.#outside(event)) this.node.close();
    });
  }

  /** @param {object} words  @param {Set<string>} languages of the lines, as primary subtags */
  open(words, languages) {
    this.#name(words, languageNames(languages, this.node.lang));
    this.draw();
    if (!this.node.open) this.node.showModal();
    this.#warn();
  }

  /** The settings are other ones: of this panel, of another tab. */
  draw() {
    const { settings } = this.#store;
    for (const [name, { select }] of Object.entries(this.#fields)) select.value = String(settings[name]);
    if (this.node.open) this.#warn();
  }

  #words = null;

  #field(name) {
    const select = make("select", "panel-select");
    const label = make("span", "");
    const field = make("label", "panel-field", {}, label, select);
    select.addEventListener("change", () => {
      const { value } = select;
      const chosen = typeof DEFAULT_SETTINGS[name] === "number" ? Number(value) : value;
      this.#choose({ ...this.#store.settings, [name]: chosen });
    });
    this.#fields[name] = { field, select, label };
    return field;
  }

  #choose(settings) {
    this.#store.set(settings);
    this.#changed();
  }

  #name(words, languages) {
    const { panel } = words;
    this.#words = words;
    setText(this.#title, panel.title);
    this.#sample.replaceChildren(`${panel.sample} `, this.#mask, ".");
    setText(this.#mask, words.masks.CC);
    this.#window.setAttribute("aria-label", panel.preview);
    this.#window.setAttribute("role", "img");
    for (const [name, legend] of Object.entries(this.#groups)) setText(legend, panel[name]);
    const percent = (values) => values.map((value) => [String(value), `${value} %`]);
    const options = {
      font: ["", ...Object.keys(FONTS)].map((name) => [name, panel.fonts[name]]),
      size: percent(SIZES),
      edge: ["", ...EDGE_NAMES].map((name) => [name, panel.edges[name]]),
      language: [["", panel.allLanguages], ...languages],
      textOpacity: percent(TEXT_OPACITIES),
      backgroundOpacity: percent(OPACITIES),
      windowOpacity: percent(OPACITIES),
    };
    const colors = ["", ...Object.keys(COLORS)].map((name) => [name, panel.colors[name]]);
    for (const [name, { field, select, label }] of Object.entries(this.#fields)) {
      setText(label, name.endsWith("Color") ? panel.color : name.endsWith("Opacity") ? panel.opacity : panel[name]);
      select.replaceChildren(...(options[name] ?? colors).map(([value, text]) => new Option(text, value)));
      if (name === "language") field.hidden = languages.size < 2;
    }
    setText(this.#reset, panel.reset);
    setText(this.#done, panel.done);
    setText(this.#kept, this.#store.kept ? "" : panel.notKept);
  }

  /** Of the sample as it is drawn: whatever the page, the theme and the viewer made of it. */
  #warn() {
    if (matchMedia("(forced-colors: active)").matches) return setText(this.#warning, "");
    const layers = [this.#sample, this.#window].map((node) => parseColor(getComputedStyle(node).backgroundColor));
    const text = parseColor(getComputedStyle(this.#sample).color);
    if (text === null || layers.includes(null)) return setText(this.#warning, "");
    const { ratio, certain } = contrastOf(text, layers);
    const { panel } = this.#words;
    if (ratio >= ENOUGH) return setText(this.#warning, "");
    const told = (Math.floor(ratio * 10) / 10).toFixed(1); // never more than it is
    return setText(this.#warning, certain ? panel.contrast(told) : panel.contrastUnknown);
  }

  #outside({ clientX, clientY }) {
    const box = this.node.getBoundingClientRect();
    return clientX < box.left || clientX > box.right || clientY < box.top || clientY > box.bottom;
  }
}

/** What languages are called in the language of the panel: subtag -> name. */
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
