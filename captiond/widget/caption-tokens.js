/**
 * A caption's text as words, and what two revisions of it have in common. No DOM.
 *
 * A word is what stands between two spaces; in scripts that are written without spaces, one character.
 */

const ALONE = "\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}";
const WORD = new RegExp(`[${ALONE}]|[^\\s${ALONE}]+`, "gu");
const AROUND = /^\p{P}+|\p{P}+$/gu;
/** Digits, masks, addresses: nothing about their writing is mere looks. */
const EXACT = /[\p{N}[\]@]/u;

/**
 * What a word says without how it is written: no case, no punctuation around it. Two words with one key differ in
 * looks only. Punctuation within a word counts ("were", "we're"), and so does everything of what holds a digit or a mask.
 */
export function wordKey(word) {
  return EXACT.test(word) ? word : word.replace(AROUND, "").toLowerCase() || word;
}

/**
 * The words of `text`: {text, key, start, end}, offsets in UTF-16 units. What is already known of an earlier text is
 * taken over where nothing has changed, so the work is that of what is new.
 */
export function readWords(text, earlier = { text: "", words: [] }) {
  let same = 0;
  while (same < text.length && same < earlier.text.length && text[same] === earlier.text[same]) same += 1;
  let kept = earlier.words.length;
  // A word is sure only with the character behind it: "car" may have become "card".
  while (kept > 0 && earlier.words[kept - 1].end >= same) kept -= 1;
  const words = earlier.words.slice(0, kept);
  WORD.lastIndex = kept > 0 ? words[kept - 1].end : 0;
  for (let found = WORD.exec(text); found !== null; found = WORD.exec(text)) {
    words.push({ text: found[0], key: wordKey(found[0]), start: found.index, end: WORD.lastIndex });
  }
  return words;
}

/** How many words two revisions have in common, in what they say: at the beginning, and at the end of what is left. */
export function inCommon(before, after) {
  const most = Math.min(before.length, after.length);
  let head = 0;
  while (head < most && before[head].key === after[head].key) head += 1;
  let tail = 0;
  while (tail < most - head && before[before.length - 1 - tail].key === after[after.length - 1 - tail].key) tail += 1;
  return { head, tail };
}
