/** What the element says itself: English here, the other languages in interface-words-more.js. No DOM. */

import { MASK_NAMES } from "./caption-text.js";
import { TRANSLATIONS } from "./interface-words-more.js";

/** All keys that there are. For words of your own, in every language: `Object.assign(LiveCaptions.words, {...})`. */
export const WORDS = {
  region: "Live captions",
  states: {
    connecting: "Connecting to the captions\u2026",
    live: "",
    reconnecting: "Connection lost, reconnecting\u2026",
    ended: "The captions have ended.",
    failed: "No captions.",
    closed: "The captions are closed.",
  },
  source: "The call's transcription is interrupted, reconnecting\u2026",
  waiting: "Waiting for the first words\u2026",
  speakers: { internal: "Agent", external: "Customer" },
  masks: MASK_NAMES,
  earlier: (count) => (count === 1 ? "1 earlier line is not shown." : `${count} earlier lines are not shown.`),
  showEarlier: "Show earlier lines",
  loading: "Loading earlier lines\u2026",
  historyRefused: "Earlier lines are not open to this viewer.",
  historyFailed: "Earlier lines could not be loaded.",
  otherLanguages: (count) =>
    count === 1 ? "1 line in another language is hidden." : `${count} lines in other languages are hidden.`,
  gap: (lost) =>
    lost === null ? "Words may be missing here." : lost === 1 ? "1 update missed here." : `${lost} updates missed here.`,
  missed: (lines) => (lines === 1 ? "1 line missed." : `${lines} lines missed.`),
  missedUnknown: "Some lines may have been missed.",
  behind: (seconds) => (seconds === 1 ? "Captions are 1 second behind." : `Captions are ${seconds} seconds behind.`),
  onTime: (seconds) => `${seconds} s behind`,
  delayUnknown: "How far the captions are behind is not known.",
  openMask: "private, not shown",
  closedMask: (name) => `${name}, not shown`,
  newLines: (count) => (count > 1 ? `${count} new lines` : count === 1 ? "1 new line" : "Back to live"),
  paused: "Paused. New lines are kept.",
  pausedNew: (count) => (count === 1 ? "Paused. 1 new line is kept." : `Paused. ${count} new lines are kept.`),
  goOn: "Go on from here",
  toLive: "Jump to live",
  pause: "Pause",
  resume: "Resume",
  search: "Search",
  mark: "Mark my place",
  toMark: "Go to my mark",
  marked: "my mark",
  settings: "Settings",
  export: "Save",
  exportFailed: "The transcript could not be saved.",
  close: "Close captions",
  controls: "Caption controls",
  find: "Find in the captions",
  findNext: "Next",
  findPrevious: "Previous",
  findClose: "Close search",
  found: (at, count, more) => (count === 0 ? "Nothing found" : `${at} of ${more ? `more than ${count}` : count}`),
  braille: "Captions for braille, line by line",
  nextLine: (waiting) => (waiting === 0 ? "No line waiting" : `Next line (${waiting} waiting)`),
  skipToNewest: "Skip to the newest",
  skippedLines: (count) => (count === 1 ? "1 line skipped" : `${count} lines skipped`),
  panel: {
    title: "Caption settings",
    preview: "Preview",
    sample: "Captions look like this. My card is",
    font: "Font",
    fonts: {
      "": "As the page has it",
      sans: "Plain",
      serif: "Serif",
      "mono-sans": "Typewriter, plain",
      "mono-serif": "Typewriter, serif",
      casual: "Casual",
      cursive: "Handwriting",
      "small-caps": "Small capitals",
      dyslexia: "Dyslexia-friendly",
    },
    size: "Text size",
    text: "Text",
    background: "Background of the text",
    window: "Window",
    color: "Color",
    opacity: "Opacity",
    colors: {
      "": "As the page has it", white: "White", black: "Black", red: "Red", green: "Green", blue: "Blue",
      yellow: "Yellow", magenta: "Magenta", cyan: "Cyan",
    },
    edge: "Edge of the letters",
    edges: {
      "": "As the page has it", none: "None", raised: "Raised", depressed: "Depressed", uniform: "Outline",
      shadow: "Drop shadow",
    },
    language: "Show lines in",
    allLanguages: "All languages",
    reset: "Reset",
    done: "Done",
    contrast: (ratio) => `Hard to read: the contrast of these colors is ${ratio} to 1. At least 4.5 to 1 is advised.`,
    contrastUnknown: "What is behind the captions shows through. How well they can be read depends on it.",
    notKept: "This browser keeps no settings: they last until the page is closed.",
  },
};

/** By primary language subtag. A page may add its own: `LiveCaptions.dictionaries.it = {...}`. */
export const DICTIONARIES = { en: WORDS, ...TRANSLATIONS };

/** "de-AT" -> "de"; "" where it is no language tag. */
export function primaryLanguage(tag) {
  return /^[A-Za-z]{2,8}(?=-|_|$)/.exec(tag ?? "")?.[0].toLowerCase() ?? "";
}

/**
 * The words of a language, English where it has none of its own.
 * @param {string} language primary subtag  @param {object} own what the page says instead, in every language
 */
export function wordsFor(language, own = {}) {
  const said = Object.hasOwn(DICTIONARIES, language) ? DICTIONARIES[language] : WORDS;
  const words = { ...WORDS, ...said, ...own };
  for (const key of ["states", "speakers", "masks", "panel"]) {
    words[key] = { ...WORDS[key], ...said[key], ...(Object.hasOwn(own, key) ? own[key] : undefined) };
  }
  return words;
}
