/** Earlier finals, from the daemon's `transcript.json`. No DOM; `fetch` comes in. */

/** Twice what the daemon keeps of a long call: a bigger answer is not its. */
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_CAPTIONS = 50_000;
const MAX_TEXT_UNITS = 65_536;
const MAX_ID_UNITS = 512;
/** A transcript is written from memory or one table; longer than this the server is in trouble. */
const TIMEOUT_MS = 15_000;

/** Why there are no earlier lines: `refused` (this viewer may not) or `failed`. */
export class HistoryError extends Error {
  constructor(why) {
    super(why);
    this.name = "HistoryError";
    this.why = why;
  }
}

/** The captions of a transcript as a feed's items; what is not one of ours is left out. */
export function readTranscript(transcript) {
  const captions = Array.isArray(transcript?.captions) ? transcript.captions.slice(-MAX_CAPTIONS) : [];
  return captions.filter(isCaption).map((caption) => ({
    kind: "caption",
    utterance: caption.utterance,
    revision: Number.isSafeInteger(caption.revision) ? caption.revision : 1,
    final: true,
    held: caption.held === true,
    text: caption.text,
    stableLength: caption.text.length,
    channel: typeof caption.channel === "string" ? caption.channel : "",
    language: typeof caption.language === "string" ? caption.language : "",
    // Times that were only reckoned are reckoned again where they are needed: here nothing is known of them.
    startMs: caption.timed === true && Number.isFinite(caption.startMs) ? caption.startMs : null,
    endMs: caption.timed === true && Number.isFinite(caption.endMs) ? caption.endMs : null,
    confidence: Number.isFinite(caption.confidence) ? caption.confidence : null,
    emittedAt: typeof caption.emittedAt === "string" ? caption.emittedAt : null,
    sentAt: null,
    redactions: readRedactions(caption.redactions),
    correction: false,
    index: -1, // before all that the stream numbers
    firstIndex: -1,
  }));
}

function readRedactions(counts) {
  const found = counts !== null && typeof counts === "object" ? Object.entries(counts) : [];
  return Object.fromEntries(found.filter(([kind, count]) => /^[A-Z_]{1,32}$/.test(kind) && Number.isSafeInteger(count) && count > 0));
}

function isCaption(caption) {
  const { utterance, text } = caption ?? {};
  const short = (value, units) => typeof value === "string" && value.length <= units;
  return short(utterance, MAX_ID_UNITS) && short(text, MAX_TEXT_UNITS);
}

/**
 * Asks for the transcript of a session.
 * @param {{base: string, session: string, token: string | null, fetch?: typeof fetch}} request
 * @returns {Promise<object[]>} see readTranscript
 * @throws {HistoryError}
 */
export async function fetchHistory({ base, session, token, fetch = globalThis.fetch }) {
  const root = base.endsWith("/") ? base : `${base}/`;
  const url = new URL(`v1/sessions/${encodeURIComponent(session)}/transcript.json`, root);
  let text;
  try {
    const answer = await fetch(url.href, {
      headers: token ? { Authorization: `Bearer ${token}` } : {},
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if ([401, 403, 404, 410].includes(answer.status)) throw new HistoryError("refused");
    const bytes = Number(answer.headers.get("Content-Length") ?? 0);
    if (answer.status !== 200 || bytes > MAX_BYTES) throw new HistoryError("failed");
    text = await answer.text();
    if (text.length > MAX_BYTES) throw new HistoryError("failed");
    return readTranscript(JSON.parse(text));
  } catch (error) {
    throw error instanceof HistoryError ? error : new HistoryError("failed");
  }
}
