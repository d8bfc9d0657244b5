/**
 * One caption's text as runs to draw: settled or tentative words, open masks, closed masks. No DOM.
 *
 * `stableLength` counts code points, JavaScript strings count UTF-16 units: the difference is handled here only.
 */

/** What a closed mask stands for, for people. A bracketed word that is not listed is what was said, not a mask. */
export const MASK_NAMES = {
  CC: "card number",
  CVV: "security code",
  SSN: "social security number",
  PHONE: "phone number",
  EMAIL: "e-mail address",
  IBAN: "bank account",
  NUMBER: "number",
  ACCOUNT: "account number",
  DOB: "date of birth",
  NATIONAL_ID: "national ID",
};

export const MASK = new RegExp(`\\[(?:\\.\\.\\.|${Object.keys(MASK_NAMES).join("|")})\\]`, "g");

/** The UTF-16 offset of the `count`th code point; the string's length where there are fewer. */
export function unitsOfCodePoints(text, count) {
  let units = 0;
  for (let points = 0; points < count && units < text.length; points += 1) {
    units += text.codePointAt(units) > 0xffff ? 2 : 1;
  }
  return units;
}

/**
 * @returns {{text: string, mask: null | "open" | string, settled: boolean}[]} in order; their texts joined are the
 * caption. A mask is one run and counts as settled where it starts.
 */
export function textRuns(text, stableLength) {
  const stable = unitsOfCodePoints(text, stableLength);
  const runs = [];
  const words = (from, to) => {
    const cut = Math.min(Math.max(stable, from), to);
    if (cut > from) runs.push({ text: text.slice(from, cut), mask: null, settled: true });
    if (to > cut) runs.push({ text: text.slice(cut, to), mask: null, settled: false });
  };
  let from = 0;
  for (const found of text.matchAll(MASK)) {
    words(from, found.index);
    const kind = found[0].slice(1, -1);
    runs.push({ text: found[0], mask: kind === "..." ? "open" : kind, settled: found.index < stable });
    from = found.index + found[0].length;
  }
  words(from, text.length);
  return runs;
}
