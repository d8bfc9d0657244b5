/** Which way a caption runs. The whole line follows, so that a wrapped line begins where its readers begin. No DOM. */

import { MASK } from "./caption-text.js";

const RTL_SCRIPTS = [
  "Hebrew", "Arabic", "Syriac", "Thaana", "Nko", "Samaritan", "Mandaic", "Adlam", "Hanifi_Rohingya",
];
const RTL_LETTER = new RegExp(`[${RTL_SCRIPTS.map((name) => `\\p{Script=${name}}`).join("")}]`, "u");
const LETTER = /\p{L}/u;
/** Languages written from the right where nothing says otherwise: for a caption that has no letter yet. */
const RTL_LANGUAGE = /^(?:ar|arc|ckb|dv|fa|he|iw|ks|nqo|ps|sd|syr|ug|ur|yi)(?:-|_|$)/i;

/**
 * "rtl" or "ltr": by the first letter that is no mask's, as the Unicode algorithm does (rule P2); by the language where
 * there is none.
 */
export function directionOf(text, language = "") {
  const letter = LETTER.exec(text.replace(MASK, " "))?.[0];
  if (letter !== undefined) return RTL_LETTER.test(letter) ? "rtl" : "ltr";
  return RTL_LANGUAGE.test(language) ? "rtl" : "ltr";
}
