/** Finding words in the lines: without regard to case, accents and kinds of white space. No DOM. */

/** Longer ones are pasted by mistake. */
export const MAX_QUERY_UNITS = 200;
/** More are not counted: nobody steps through a thousand. */
export const MAX_MATCHES = 1000;

/** `text` without case and accents, and for each of its units where in `text` it comes from. */
export function foldText(text) {
  let folded = "";
  const origin = [];
  let at = 0;
  for (const character of text) {
    const plain = character.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/\s/g, " ");
    for (let unit = 0; unit < plain.length; unit += 1) origin.push(at);
    folded += plain;
    at += character.length;
  }
  origin.push(text.length);
  return { folded, origin };
}

/**
 * Where `query` stands.
 * @param {{key: string, text: string}[]} lines  @param {string} query
 * @param {(line: {key: string, text: string}) => {folded: string, origin: number[]}} fold who asks often remembers it
 * @returns {{matches: {key: string, start: number, end: number}[], more: boolean}} UTF-16 offsets in `text`
 */
export function findAll(lines, query, fold = ({ text }) => foldText(text)) {
  const wanted = foldText(query.slice(0, MAX_QUERY_UNITS)).folded.trim();
  const matches = [];
  if (wanted === "") return { matches, more: false };
  for (const line of lines) {
    const { key } = line;
    const { folded, origin } = fold(line);
    for (let at = folded.indexOf(wanted); at >= 0; at = folded.indexOf(wanted, at + wanted.length)) {
      if (matches.length === MAX_MATCHES) return { matches, more: true };
      // Up to the next letter: an accent that is a character of its own belongs to the letter before it.
      matches.push({ key, start: origin[at], end: origin[at + wanted.length] });
    }
  }
  return { matches, more: false };
}
