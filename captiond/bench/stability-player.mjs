/**
 * Plays recorded messages through the widget's own feed and stabiliser, and says what each utterance showed and when.
 *
 * One stream a line on stdin: {messages: [[atMs, message], ...], profiles: [name, ...], remember}. One line a stream on
 * stdout: {profile: {utterance: [[atMs, text, stableLength, final], ...]}}, a row wherever the screen changed. Time is
 * what the stream says; nothing is waited for. With `remember` a profile goes on with what it has learned.
 */

import { createInterface } from "node:readline";

import { CaptionFeed } from "../widget/caption-feed.js";
import { Evidence, Stabiliser } from "../widget/caption-stability.js";

const EPOCH = { position: "aaaaaaaa.0", recovered: false, state: "live", language: "", pingS: 25 };
const SNAPSHOT = { type: "snapshot", position: "aaaaaaaa.0", captions: [], gaps: [], earlierFinals: 0 };

const learned = new Map(); // profile -> Evidence

/** What one reader sees of one stream. */
function play(messages, profile, evidence) {
  const feed = new CaptionFeed();
  const stabiliser = new Stabiliser({ profile, evidence });
  const screens = {};
  const draw = (nowMs) => {
    for (const { kind, utterance, text, stableLength, final } of stabiliser.items(feed.items, nowMs)) {
      if (kind !== "caption") continue;
      const rows = (screens[utterance] ??= []);
      const last = rows.at(-1);
      if (last?.[1] !== text || last[2] !== stableLength || last[3] !== final) rows.push([nowMs, text, stableLength, final]);
    }
  };
  feed.apply({ type: "welcome", ...EPOCH });
  feed.apply(SNAPSHOT);
  let nowMs = 0;
  for (const [atMs, message] of messages) {
    for (let dueMs = stabiliser.nextDueMs; dueMs !== null && dueMs < atMs; dueMs = stabiliser.nextDueMs) {
      draw((nowMs = Math.max(nowMs, dueMs)));
    }
    feed.apply(message);
    draw((nowMs = atMs));
  }
  return screens;
}

for await (const line of createInterface({ input: process.stdin })) {
  const { messages, profiles, remember } = JSON.parse(line);
  const played = {};
  for (const profile of profiles) {
    if (!remember || !learned.has(profile)) learned.set(profile, new Evidence());
    played[profile] = play(messages, profile, learned.get(profile));
  }
  process.stdout.write(`${JSON.stringify(played)}\n`);
}
