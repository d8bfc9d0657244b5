/** What of a growing caption is shown: examples of each rule, then random histories against the rules as such. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Evidence, PROFILES, Stabiliser } from "../../captiond/widget/caption-stability.js";
import { readWords } from "../../captiond/widget/caption-tokens.js";

let revisions = 0;
const caption = (text, extra = {}) => ({
  kind: "caption", utterance: "u1", revision: (revisions += 1), final: false, held: false, text, stableLength: 0, ...extra,
});
const final = (text, extra = {}) => caption(text, { final: true, stableLength: text.length, ...extra });

/** A recogniser that never takes a word back, for so many words: what `balanced` and `steady` learn to trust. */
function trusted(words, { utterance = 10 } = {}) {
  const evidence = new Evidence();
  const stabiliser = new Stabiliser({ profile: "balanced", evidence });
  const said = Array.from({ length: utterance }, (_, at) => `word${at}`);
  for (let done = 0, nowMs = 0; done < words; done += utterance) {
    for (let n = 1; n <= utterance; n += 1) stabiliser.apply(caption(said.slice(0, n).join(" ")), (nowMs += 300));
    stabiliser.apply(final(said.join(" ")), (nowMs += 300));
  }
  return evidence;
}

const shows = (stabiliser, text, nowMs, extra) => stabiliser.apply(caption(text, extra), nowMs).text;

test("responsive shows each caption as it came, the very object", () => {
  const stabiliser = new Stabiliser();
  for (const [at, text] of ["gut", "Gut, dan", "", "Gut, danke"].entries()) {
    const came = caption(text);
    assert.equal(stabiliser.apply(came, at), came);
    assert.equal(stabiliser.nextDueMs, null);
    assert.equal(stabiliser.waiting, false);
  }
});

test("a profile that does not exist is responsive; digits are a wait of one's own, a minute at most", () => {
  for (const [value, name] of [["calm", "responsive"], [null, "responsive"], ["", "responsive"], ["toString", "responsive"], ["-5", "responsive"], ["1500", "1500"], ["finals", "finals"]]) {
    assert.equal(new Stabiliser({ profile: value }).profile, name);
  }
  assert.equal(new Stabiliser({ profile: "1500" }).waitMs, 1500);
  assert.equal(new Stabiliser({ profile: "99999" }).waitMs, 60_000);
});

test("a word is shown when it has stood for the wait, and nextDueMs says when", () => {
  const stabiliser = new Stabiliser({ profile: "1000" });
  assert.equal(shows(stabiliser, "I want", 0), "");
  assert.equal(shows(stabiliser, "I want two", 600), "");
  assert.equal(stabiliser.nextDueMs, 1000);
  const revised = caption("I want to go");
  assert.equal(stabiliser.apply(revised, 1000).text, "I want");
  assert.equal(stabiliser.waiting, true);
  assert.equal(stabiliser.nextDueMs, 2000);
  assert.equal(stabiliser.apply(revised, 1999).text, "I want");
  const view = stabiliser.apply(revised, 2000);
  assert.equal(view.text, "I want to go");
  assert.equal(view.waiting, false);
  assert.equal(stabiliser.apply(revised, 9999), view, "the same object while nothing changes");
  assert.equal(stabiliser.nextDueMs, null);
});

test("a final is shown at once and exactly, whatever stood there", () => {
  for (const profile of [...Object.keys(PROFILES), "2000"]) {
    const stabiliser = new Stabiliser({ profile });
    stabiliser.apply(caption("gut danke"), 0);
    stabiliser.apply(caption("gut danke"), 60_000);
    const came = final("Gut, danke.");
    assert.equal(stabiliser.apply(came, 60_001), came, profile);
    assert.equal(stabiliser.nextDueMs, null, profile);
  }
});

test("a shown word keeps its writing until the final where only that changes", () => {
  const stabiliser = new Stabiliser({ profile: "0" });
  assert.equal(shows(stabiliser, "gut danke", 0), "gut danke");
  assert.equal(shows(stabiliser, "Gut, Danke ich", 10), "gut danke ich");
  assert.equal(shows(stabiliser, "Gut, Danke. Ich warte", 20), "gut danke ich warte");
});

test("what is no mere writing changes at once: numbers, masks, addresses, punctuation within", () => {
  for (const [before, after] of [["12.5", "125"], ["were", "we're"], ["4111", "[...]"], ["[...]", "[CC]"], ["[CC]", "cc"], ["a@b.", "a@b"]]) {
    const stabiliser = new Stabiliser({ profile: "0" });
    assert.equal(shows(stabiliser, `so ${before} yes`, 0), `so ${before} yes`);
    assert.equal(shows(stabiliser, `so ${after} yes`, 10), `so ${after} yes`);
  }
});

test("a mask takes the place of shown words at once, though new words would wait", () => {
  const stabiliser = new Stabiliser({ profile: "1000" });
  stabiliser.apply(caption("it is four one one"), 0);
  assert.equal(stabiliser.apply(caption("it is four one one"), 1000).text, "it is four one one");
  assert.equal(shows(stabiliser, "it is [...] [...] one two", 1100), "it is [...] [...]");
  assert.equal(shows(stabiliser, "it is [CC] two", 1200), "it is [CC]");
});

test("in the middle of what is shown a word is exchanged in its place; at its end the new one waits", () => {
  const stabiliser = new Stabiliser({ profile: "1000" });
  stabiliser.apply(caption("I want to tickets please"), 0);
  stabiliser.apply(caption("I want to tickets please"), 1000);
  assert.equal(shows(stabiliser, "I want two tickets please", 1100), "I want two tickets please");
  assert.equal(shows(stabiliser, "I want two tickets for Rome", 1200), "I want two tickets");
});

test("what a revision takes back is gone with it", () => {
  const stabiliser = new Stabiliser({ profile: "500" });
  stabiliser.apply(caption("one two three"), 0);
  assert.equal(stabiliser.apply(caption("one two three"), 500).text, "one two three");
  assert.equal(shows(stabiliser, "one", 501), "one");
  assert.equal(shows(stabiliser, "", 502), "");
});

test("words behind what was taken out have stood as long as before, and keep the writing they were shown in", () => {
  const stabiliser = new Stabiliser({ profile: "1000" });
  stabiliser.apply(caption("well I uh mean"), 0);
  const without = caption("well I mean");
  assert.equal(stabiliser.apply(without, 600).text, "");
  assert.equal(stabiliser.apply(without, 1000).text, "well I mean");
  assert.equal(shows(stabiliser, "well we Mean,", 1100), "well we mean");
});

test("a revision that changes nothing, or a snapshot with the same text, does not make words wait anew", () => {
  const stabiliser = new Stabiliser({ profile: "1000" });
  stabiliser.apply(caption("hold on"), 0);
  stabiliser.items([caption("Hold on,", { stableLength: 4 })], 600);
  assert.equal(stabiliser.nextDueMs, 1000);
  assert.equal(shows(stabiliser, "hold on", 1000), "hold on");
});

test("where words stand without spaces, they are shown without", () => {
  const stabiliser = new Stabiliser({ profile: "0" });
  assert.equal(shows(stabiliser, "\u53f7\u7801\u662f \u597d OK\u7684", 0), "\u53f7\u7801\u662f \u597d OK\u7684");
});

test("balanced shows no word of a stream it does not know before it has stood seven seconds", () => {
  const stabiliser = new Stabiliser({ profile: "balanced" });
  const said = caption("hello there");
  assert.equal(stabiliser.apply(said, 0).text, "");
  assert.equal(stabiliser.apply(said, 6999).text, "");
  assert.equal(stabiliser.apply(said, 7000).text, "hello there");
});

test("text always comes: words that never stand are shown when they are too far behind", () => {
  for (const [profile, latestMs] of [["responsive", 0], ["balanced", 10_000], ["steady", 15_000], ["finals", Infinity]]) {
    const stabiliser = new Stabiliser({ profile });
    let view;
    for (let nowMs = 0; nowMs <= 20_000; nowMs += 100) {
      view = stabiliser.apply(caption(`say${nowMs} it${nowMs}`), nowMs);
      assert.equal(view.text !== "", nowMs >= latestMs, `${profile} at ${nowMs}`);
    }
  }
});

test("balanced learns that a recogniser keeps its words, and shows them at once; steady takes far longer to be sure", () => {
  assert.equal(new Stabiliser({ profile: "balanced", evidence: trusted(50) }).waitMs, 7000);
  assert.equal(new Stabiliser({ profile: "balanced", evidence: trusted(150) }).waitMs, 0);
  assert.equal(new Stabiliser({ profile: "steady", evidence: trusted(500) }).waitMs, 10_000);
  assert.equal(new Stabiliser({ profile: "steady", evidence: trusted(1500) }).waitMs, 0);
  assert.equal(new Stabiliser({ profile: "finals", evidence: trusted(1500) }).waitMs, Infinity);
});

test("the wait becomes as long as this stream's revisions need", () => {
  // Of the last four words each third is a guess; the last guess of an utterance stands for 900 ms.
  const evidence = new Evidence();
  const stabiliser = new Stabiliser({ profile: "balanced", evidence });
  let nowMs = 0;
  for (let round = 0; round < 40; round += 1) {
    for (let n = 1; n <= 12; n += 1) {
      const words = Array.from({ length: n }, (_, at) => (at % 3 === 0 && n - at < 4 ? `guess${n}` : `word${at}`));
      stabiliser.apply(caption(words.join(" ")), (nowMs += 300));
    }
    stabiliser.apply(caption(Array.from({ length: 12 }, (_, at) => `word${at}`).join(" ")), (nowMs += 900));
    stabiliser.apply(final(Array.from({ length: 12 }, (_, at) => `word${at}`).join(" ")), (nowMs += 900));
  }
  assert.equal(stabiliser.waitMs, 1000); // by 750 ms it would have been shown, and three of twelve words taken back
});

test("a recogniser that turns bad is waited for again", () => {
  const evidence = trusted(600);
  const stabiliser = new Stabiliser({ profile: "balanced", evidence });
  let nowMs = 0;
  for (let round = 0; round < 20; round += 1) {
    stabiliser.apply(caption("these are ten words of which none will be left"), nowMs);
    stabiliser.apply(final("all this was wrong, and another ten stand here instead"), (nowMs += 6000));
  }
  assert.equal(stabiliser.waitMs, 7000);
});

test("what was long ago counts little: a recogniser that has become good is trusted again", () => {
  const evidence = new Evidence();
  const none = Array.from({ length: 10 }, () => 200);
  evidence.add(200, none);
  for (let words = 0; words < 1400; words += 10) evidence.add(10, none.map(() => 0));
  assert.equal(new Stabiliser({ profile: "balanced", evidence }).waitMs, 0); // 200 of 1,600 are more than 12 %
});

test("a word that is taken back at the very moment when it is due was not shown", () => {
  const added = [];
  const evidence = { waitMs: () => Infinity, add: (words, lost) => added.push(lost), keep: () => {} };
  const stabiliser = new Stabiliser({ profile: "balanced", evidence });
  stabiliser.apply(caption("one guess"), 0);
  stabiliser.apply(caption("one word"), 500);
  stabiliser.apply(final("one word"), 500);
  assert.deepEqual(added, [[1, 1, 1, 0, 0, 0, 0, 0, 0, 0]]); // by waits of 0, 200, 300, 500 ... ms
});

test("a final without a partial before it teaches nothing", () => {
  const evidence = new Evidence();
  const stabiliser = new Stabiliser({ profile: "balanced", evidence });
  for (let round = 0; round < 100; round += 1) stabiliser.apply(final("ten words that came all at once and at last"), round);
  assert.equal(stabiliser.waitMs, 7000);
});

test("settled is what the steady profile would trust, never from the first open mask on, in code points", () => {
  const stabiliser = new Stabiliser({ profile: "balanced", evidence: trusted(1500) });
  assert.equal(stabiliser.apply(caption("\ud83d\ude00\ud83d\ude00 you [...] now", { stableLength: 0 }), 0).stableLength, 6);
  const young = new Stabiliser({ profile: "balanced", evidence: trusted(200) });
  const view = young.apply(caption("well then", { stableLength: 9 }), 0);
  assert.deepEqual([view.text, view.stableLength], ["well then", 0]);
});

test("settled words that a revision changes are settled no more, until they have stood anew", () => {
  const evidence = { waitMs: (aim) => (aim < 0.1 ? 1000 : 0), add: () => {} };
  const stabiliser = new Stabiliser({ profile: "balanced", evidence });
  stabiliser.apply(caption("it costs for pounds"), 0);
  assert.equal(stabiliser.apply(caption("it costs for pounds"), 1000).stableLength, 19);
  const revised = caption("it costs four pounds");
  assert.equal(stabiliser.apply(revised, 1100).stableLength, 8);
  assert.equal(stabiliser.apply(revised, 2099).stableLength, 8);
  assert.equal(stabiliser.apply(revised, 2100).stableLength, 20);
});

test("the items of a feed: all stay in their place, empty while no word is shown, and the gone are forgotten", () => {
  const stabiliser = new Stabiliser({ profile: "1000" });
  const gap = { kind: "gap", index: 3 };
  const done = final("Done.", { utterance: "u0" });
  const open = caption("and so", { utterance: "u2" });
  const early = stabiliser.items([done, gap, open], 0);
  assert.deepEqual(early, [done, gap, { ...open, text: "", stableLength: 0, waiting: true }]);
  assert.deepEqual(stabiliser.items([done, gap, open], 1000).map(({ text }) => text), ["Done.", undefined, "and so"]);
  stabiliser.apply(caption("more", { utterance: "u3" }), 1000);
  stabiliser.items([done, gap], 1100); // both retracted
  assert.equal(stabiliser.nextDueMs, null);
  assert.equal(stabiliser.apply(caption("and so", { utterance: "u2" }), 1200).text, "", "it begins anew");
});

test("a reader who changes the profile loses nothing that is on the screen", () => {
  const stabiliser = new Stabiliser();
  const said = caption("so far so good");
  stabiliser.apply(said, 0);
  for (const profile of ["finals", "balanced", "steady", "1500"]) {
    stabiliser.profile = profile;
    assert.equal(stabiliser.apply(said, 10).text, "so far so good", profile);
  }
  assert.equal(shows(stabiliser, "so far so good and more", 20), "so far so good");
  stabiliser.profile = "responsive";
  assert.equal(shows(stabiliser, "so far so good and more", 30), "so far so good and more");
});

// ---- random histories

/** A small generator of numbers from 0 to n - 1: the same histories in each run. */
const chances = (seed) => (n) => (seed = (seed * 48271) % 2147483647) % n;
const LEXICON = ["so", "So,", "so.", "four", "4", "41", "4.1", "[...]", "[...],", "[CC]", "we're", "were", "Were", "\u53f7", "\ud83d\ude00", "jane@x.org"];

function revised(words, chance) {
  const next = [...words];
  const edits = chance(3) === 0 ? 1 + chance(3) : 0;
  for (let n = 0; n < edits && next.length > 0; n += 1) {
    const at = chance(3) === 0 ? chance(next.length) : next.length - 1;
    next.splice(at, chance(2) + (chance(4) === 0 ? 2 : 0), ...(chance(2) ? [LEXICON[chance(LEXICON.length)]] : []));
  }
  for (let n = chance(3); n > 0; n -= 1) next.push(LEXICON[chance(LEXICON.length)]);
  return next;
}

/** What a reader may be shown of `newest`: a beginning of it, each word as it is or in other case and punctuation. */
function isOfTheNewest(shown, newest, was) {
  const words = readWords(newest);
  const seen = readWords(shown);
  assert.ok(seen.length <= words.length, was);
  for (const [at, word] of seen.entries()) {
    const bare = (text) => text.toLowerCase().replace(/^\p{P}+|\p{P}+$/gu, "");
    const exact = /[\p{N}[\]@]/u.test(word.text + words[at].text);
    assert.ok(exact ? word.text === words[at].text : bare(word.text) === bare(words[at].text), was);
  }
  return [seen.length, words.length];
}

for (const profile of ["balanced", "steady", "finals", "700", "0"]) {
  test(`${profile}, at random: only the newest words, whole finals, no word too late, no word lost without a revision`, () => {
    const chance = chances(20_260_302 + profile.length);
    const evidence = chance(2) ? trusted(300) : new Evidence();
    const stabiliser = new Stabiliser({ profile, evidence });
    const bounds = PROFILES[profile] ?? { standMs: Number(profile), latestMs: Infinity };
    let nowMs = 0;
    for (let round = 0; round < 400; round += 1) {
      const utterance = `u${round}`;
      let words = [];
      let shown = "";
      const bornMs = [];
      for (let n = chance(25); n > 0; n -= 1) {
        words = revised(words, chance);
        const came = caption(words.join(" "), { utterance });
        const total = readWords(came.text).length;
        bornMs.length = Math.min(bornMs.length, total);
        while (bornMs.length < total) bornMs.push(nowMs);
        const was = JSON.stringify([profile, round, shown, came.text, nowMs]);
        let view = stabiliser.apply(came, nowMs);
        isOfTheNewest(view.text, came.text, was);
        const nextMs = nowMs + [0, 40, 150, 300, 800, 4000, 12_000][chance(7)];
        for (let dueMs = stabiliser.nextDueMs; dueMs !== null && dueMs < nextMs; dueMs = stabiliser.nextDueMs) {
          assert.ok(dueMs > nowMs, was);
          assert.equal(stabiliser.apply(came, (nowMs + dueMs) / 2), view, `nothing before it is due: ${was}`);
          const grown = stabiliser.apply(came, dueMs);
          assert.ok(grown.text.length > view.text.length && grown.text.startsWith(view.text), `${was} ${grown.text}`);
          view = grown;
          nowMs = dueMs;
        }
        const [seen] = isOfTheNewest(view.text, came.text, was);
        assert.equal(view.waiting, seen < total, was);
        const late = bornMs.findIndex((at, place) => place >= seen && at + bounds.latestMs <= nowMs);
        assert.equal(late, -1, `behind by more than ${bounds.latestMs} ms: ${was}`);
        const settled = [...view.text].slice(0, view.stableLength).join("");
        assert.ok(!settled.includes("[...]") && settled === settled.trimEnd(), was);
        shown = view.text;
        nowMs = nextMs;
      }
      const last = final(words.join(" "), { utterance });
      if (chance(5) > 0) assert.equal(stabiliser.apply(last, nowMs), last);
      else stabiliser.items([], nowMs); // retracted
      assert.equal(stabiliser.nextDueMs, null);
      nowMs += 500;
    }
  });
}

test("many utterances at once do not disturb one another", () => {
  const chance = chances(99);
  const alone = new Map();
  const together = new Stabiliser({ profile: "900" });
  const texts = new Map();
  for (let nowMs = 0; nowMs < 60_000; nowMs += 50) {
    const utterance = `u${chance(6)}`;
    texts.set(utterance, revised(texts.get(utterance) ?? [], chance).slice(0, 30));
    const came = caption(texts.get(utterance).join(" "), { utterance });
    if (!alone.has(utterance)) alone.set(utterance, new Stabiliser({ profile: "900" }));
    assert.deepEqual(together.apply(came, nowMs), alone.get(utterance).apply(came, nowMs));
  }
});
