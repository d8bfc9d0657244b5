/**
 * Where the lines of a growing caption were broken, carried from revision to revision, so that a line that is laid out
 * is not laid out anew when a word in another line changes. No DOM; who measures is caption-lines.js.
 */

/** A word that moved further than this with its neighbours is another place. */
const NEAR_WORDS = 5;

/** The words of a text: {text, start, end} with UTF-16 offsets. */
export function wordsOf(text) {
  const words = [...text.matchAll(/\S+/g)];
  return words.map(({ 0: word, index }) => ({ text: word, start: index, end: index + word.length }));
}

/**
 * The breaks of a text carried over to its next revision.
 * @param {number[]} breaks rising; a line begins with the word of that number
 * @param {string[]} before  @param {string[]} after the words of both revisions
 * @returns {number[]} those that can be told; from the first that cannot on, the lines are free again
 */
export function carryBreaks(breaks, before, after) {
  let same = 0;
  while (same < Math.min(before.length, after.length) && before[same] === after[same]) same += 1;
  const kept = [];
  let shift = 0;
  for (const at of breaks) {
    const to = at <= same ? at : place(at, at + shift, before, after, Math.max(same - 1, kept.at(-1) ?? 0));
    if (to === null || to >= after.length) break;
    shift = to - at;
    kept.push(to);
  }
  return kept;
}

/** Where word `at` of `before` is in `after`, near `guess`, behind `floor`: known by itself or, elsewhere, with a neighbour. */
function place(at, guess, before, after, floor) {
  const alike = (side, to) => before[at + side] !== undefined && before[at + side] === after[to + side];
  if (guess > floor && (alike(0, guess) || alike(1, guess))) return guess;
  for (let away = 1; away <= NEAR_WORDS; away += 1) {
    for (const to of [guess - away, guess + away]) {
      if (to > floor && alike(0, to) && (alike(-1, to) || alike(1, to))) return to;
    }
  }
  return null;
}
