/** The viewer's settings at one element: how they look on it, their panel, larger and smaller by key. */

import { nextSize } from "./caption-settings.js";
import { LookOfSettings } from "./look-of-settings.js";
import { SettingsPanel } from "./settings-panel.js";
import { SETTINGS } from "./settings-store.js";

export class ElementSettings {
  #look;
  #base;
  #address;
  #told;
  #panel = null; // made when it is asked for

  /**
   * @param {ShadowRoot} root
   * @param {{address: () => string, changed: (settings: object) => void}} on where the daemon is; the viewer chose
   */
  constructor(root, { address, changed }) {
    this.#look = new LookOfSettings(root);
    this.#address = address;
    this.#told = () => changed(SETTINGS.settings);
  }

  /** @param {HTMLElement} base the part that holds all others */
  set base(base) { this.#base = base; }
  get language() { return SETTINGS.settings.language; }

  /** @param {() => void} changed here, at another widget or in another tab  @returns {() => void} ends it */
  listen(changed) {
    return SETTINGS.listen(() => {
      this.apply();
      changed();
    });
  }

  apply() {
    this.#look.apply(SETTINGS.settings, this.#address(), [this.#base, this.#panel?.node]);
    this.#panel?.draw();
  }

  /** @param {object} words  @param {Set<string>} languages of the lines, as primary subtags */
  open(words, languages) {
    if (!this.#panel) {
      this.#panel = new SettingsPanel(SETTINGS, this.#told);
      this.#base.getRootNode().append(this.#panel.node);
      this.apply();
    }
    this.#panel.node.lang = this.#base.lang;
    this.#panel.open(words, languages);
  }

  /** @param {1 | -1} step */
  resize(step) {
    const { settings } = SETTINGS;
    SETTINGS.set({ ...settings, size: nextSize(settings.size, step) });
    this.#told();
  }
}
