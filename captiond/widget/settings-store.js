/**
 * The viewer's settings, once for all widgets of an origin: kept by the browser, told to every tab. Where the browser
 * keeps nothing (blocked storage, a sandboxed frame) they last as long as the page.
 */

import { DEFAULT_SETTINGS, readSettings } from "./caption-settings.js";

const KEY = "captiond.captions.settings";
/** Ours are 250 characters; a longer text is not ours. */
const MAX_UNITS = 4096;

export class SettingsStore {
  #settings = null;
  #listeners = new Set();
  #storage;
  #kept = true;

  /** @param {() => Storage} storage may throw: browsers do that where storage is blocked */
  constructor(storage = () => globalThis.localStorage) {
    this.#storage = storage;
  }

  get settings() {
    this.#settings ??= this.#read();
    return { ...this.#settings };
  }

  /** Whether the browser keeps them. Known after the first reading. */
  get kept() { return this.#kept; }

  /** Takes what is allowed of `value`, keeps it, tells all. */
  set(value) {
    const settings = readSettings(value);
    const text = JSON.stringify(settings);
    if (text === JSON.stringify(this.settings)) return;
    this.#settings = settings;
    try {
      if (text === JSON.stringify(DEFAULT_SETTINGS)) this.#storage().removeItem(KEY);
      else this.#storage().setItem(KEY, text);
    } catch {
      this.#kept = false;
    }
    this.#tell();
  }

  /** @param {() => void} listener  @returns {() => void} ends it */
  listen(listener) {
    if (this.#listeners.size === 0) {
      globalThis.addEventListener?.("storage", this.#fromElsewhere);
      if (this.#kept) this.#settings = null; // nobody heard what other tabs did meanwhile
    }
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) globalThis.removeEventListener?.("storage", this.#fromElsewhere);
    };
  }

  #fromElsewhere = (event) => {
    if (event.key !== KEY && event.key !== null) return;
    this.#settings = this.#read();
    this.#tell();
  };

  #tell() {
    for (const listener of [...this.#listeners]) listener();
  }

  #read() {
    try {
      const text = this.#storage().getItem(KEY);
      return readSettings(text !== null && text.length <= MAX_UNITS ? JSON.parse(text) : null);
    } catch (error) {
      if (!(error instanceof SyntaxError)) this.#kept = false;
      return readSettings(null);
    }
  }
}

/** Of this page. */
export const SETTINGS = new SettingsStore();
