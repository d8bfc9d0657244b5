/**
 * What is on a page as a transcript: plain text, WebVTT, SubRip, JSON. Pure.
 *
 * The same bytes as the daemon's `transcript.{txt,vtt,srt,json}` (captiond/serve/transcripts.py, which gives the reasons)
 * for the same finals and gaps; tests/widget/test_exports.py holds both together. A page may know less: it keeps the
 * newest finals, and says how many earlier ones it leaves out.
 */

export const EXPORT_TYPES = {
  txt: "text/plain;charset=utf-8",
  vtt: "text/vtt;charset=utf-8",
  srt: "application/x-subrip;charset=utf-8",
  json: "application/json",
};
const MS_PER_CHARACTER = 65;
const SHORTEST_MS = 500;
const NOTE_SHOWN_MS = 2000;
const SPEAKERS = { internal: "Agent", external: "Customer" };
const LINE_BREAK = /[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+/g;
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
const LIKE_CUE_TIMES = /^\s*\d+:\d\d:\d\d[,.]\d+\s*-->/;

/**
 * One transcript as text.
 *
 * @param {object} transcript
 * @param {string} transcript.session
 * @param {string | null} transcript.language of the session
 * @param {string | null} transcript.state of the session
 * @param {string | null} transcript.startedAt ISO 8601 UTC; times count from it. Null: from the first caption
 * @param {object[]} transcript.items captions and gaps of a CaptionFeed, in order; what is not final is left out
 * @param {number} [transcript.earlierFinals] finals that this page does not have
 * @param {(channel: string) => string} [transcript.label] a speaker's name; "" for none
 * @param {"txt" | "vtt" | "srt" | "json"} format
 */
export function exportTranscript(transcript, format) {
  if (!Object.hasOwn(WRITERS, format)) throw new RangeError(`cannot export as ${format}: txt, vtt, srt or json`);
  return WRITERS[format](transcript, entries(transcript));
}

/** What a page has of a session, for `exportTranscript` and `exportName`. `feed` is a CaptionFeed, all else as there. */
export function transcriptOf(feed, session, label) {
  const { language, sessionState: state, startedAt, items, earlierFinals } = feed;
  return { session, language, state, startedAt, items, earlierFinals, label };
}

/** What a downloaded transcript is called: fit for every file system. */
export function exportName({ session, startedAt }, format) {
  const day = /^\d{4}-\d\d-\d\d/.exec(startedAt ?? "")?.[0];
  return `${["captions", session, day].filter(Boolean).join("-").replace(/[^A-Za-z0-9._-]/g, "-")}.${format}`;
}

/** Lines and notes in the order they are shown, with times; a note in front of what begins when it does. */
function entries({ items, startedAt, earlierFinals = 0, label = (channel) => SPEAKERS[channel] ?? channel }) {
  const finals = items.filter((item) => item.kind === "caption" && item.final);
  const originMs = instant(startedAt) ?? instant(finals[0]?.emittedAt);
  const found = [];
  if (earlierFinals > 0) found.push(note(`[${count(earlierFinals, "earlier line is", "earlier lines are")} not here]`, 0));
  let endMs = 0;
  for (const item of items) {
    if (item.kind === "gap") found.push({ ...note(gapWords(item.lost), endMs), gap: item });
    else if (item.final) {
      const line = { ...times(item, originMs), caption: item, speaker: label(item.channel) };
      endMs = line.endMs;
      if (item.text) found.push(line);
    }
  }
  // Sorting is stable: what is equal here stands as it came.
  return found.sort(
    (one, other) =>
      one.startMs - other.startMs || Number(!one.note) - Number(!other.note) || one.endMs - other.endMs,
  );
}

function note(words, startMs) {
  return { note: words, startMs, endMs: startMs + NOTE_SHOWN_MS };
}

function count(number, one, more) {
  return `${number} ${number === 1 ? one : more}`;
}

function gapWords(lost) {
  return lost === null ? "[words may be missing here]" : `[${count(lost, "update", "updates")} missed here]`;
}

function times(caption, originMs) {
  const spokenMs = Math.max(SHORTEST_MS, MS_PER_CHARACTER * [...caption.text].length);
  const known = Number.isFinite(caption.endMs);
  if (Number.isFinite(caption.startMs)) {
    const startMs = Math.max(0, caption.startMs);
    return { startMs, endMs: Math.max(known ? caption.endMs : startMs + spokenMs, startMs + 1), timed: true };
  }
  const cameMs = instant(caption.emittedAt);
  let endMs = spokenMs;
  if (known) endMs = Math.max(1, caption.endMs);
  else if (cameMs !== null && originMs !== null) endMs = Math.max(1, cameMs - originMs);
  return { startMs: Math.max(0, endMs - spokenMs), endMs, timed: false };
}

function instant(iso) {
  const ms = typeof iso === "string" ? Date.parse(iso) : NaN;
  return Number.isFinite(ms) ? ms : null;
}

const WRITERS = {
  txt: (_, found) => found.map((one) => `[${clock(one.startMs, ".")}] ${spoken(one, true)}\n`).join(""),

  srt: (_, found) =>
    found
      .map((one, at) => {
        const text = spoken(one, false);
        const safe = LIKE_CUE_TIMES.test(text) ? `\u2060${text}` : text;
        return `${at + 1}\n${clock(one.startMs, ",")} --> ${clock(one.endMs, ",")}\n${safe}\n`;
      })
      .join("\n"),

  vtt: (_, found) => {
    let gaps = 0;
    const cues = found.map((one) => {
      const between = `${clock(one.startMs, ".")} --> ${clock(one.endMs, ".")}`;
      if (one.gap) return `gap ${(gaps += 1)}\n${between}\n${one.note}\n`;
      if (one.note) return `earlier lines\n${between}\n${one.note}\n`;
      const voice = one.speaker ? `<v ${escaped(one.speaker)}>` : "";
      return `${identifier(one.caption.utterance)}\n${between}\n${voice}${escaped(one.caption.text)}\n`;
    });
    return ["WEBVTT\n", ...cues].join("\n");
  },

  json: ({ session, language, state, startedAt, earlierFinals = 0 }, found) =>
    JSON.stringify({
      session,
      language,
      state,
      startedAt,
      ...(earlierFinals > 0 ? { earlierFinals } : {}),
      captions: found
        .filter((one) => one.caption)
        .map(({ caption, speaker, startMs, endMs, timed }) => ({
          utterance: caption.utterance,
          revision: caption.revision,
          text: caption.text,
          held: caption.held,
          channel: caption.channel,
          speaker,
          language: caption.language,
          emittedAt: caption.emittedAt,
          startMs,
          endMs,
          timed,
          redactions: caption.redactions,
          ...(Number.isFinite(caption.confidence) ? { confidence: caption.confidence } : {}),
        })),
      gaps: found.filter((one) => one.gap).map(({ gap, startMs }) => ({ atMs: startMs, lost: gap.lost, cause: gap.cause })),
    }),
};

function spoken(one, behind) {
  if (one.note) return one.note;
  const speaker = oneLine(one.speaker);
  let text = oneLine(one.caption.text);
  if ((behind || speaker) && RIGHT_TO_LEFT.test(text)) text = `\u2068${text}\u2069`;
  return speaker ? `${speaker}: ${text}` : text;
}

function clock(ms, point) {
  const two = (number) => String(number).padStart(2, "0");
  const seconds = Math.floor(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}:${two(seconds % 60)}${point}${String(ms % 1000).padStart(3, "0")}`;
}

function oneLine(text) {
  return text.replace(LINE_BREAK, " ");
}

function identifier(utterance) {
  return oneLine(utterance).replaceAll("-->", "->") || "-";
}

function escaped(text) {
  return oneLine(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
