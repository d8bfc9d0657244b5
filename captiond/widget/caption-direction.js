/** Which way a caption runs. The whole line follows it, so that a wrapped line begins where its readers begin. No DOM. */

import { MASK } from "./caption-text.js";

const RTL_LETTER =
  /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Samaritan}\p{Script=Mandaic}\p{Script=Adlam}\p{Script=Hanifi_Rohingya}]/u;
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
