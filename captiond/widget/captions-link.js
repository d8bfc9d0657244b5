/**
 * The connection of one viewer: WebSocket first, server-sent events where WebSockets do not get through; resumes by
 * position on both. Timers, sockets and chance come in as `env`, so that tests run it in simulated time.
 *
 * A cut line says nothing, so this asks: a WebSocket that was silent for ASK_AFTER_MS is asked for a ping (protocol, "a
 * viewer may say"), and where none comes in ANSWER_MS people are told; what comes after all takes that back. An event
 * stream cannot be asked; its comments come every 15 s. The browser's word that it is offline is only a reason to ask at
 * once: a daemon on this very machine is still there.
 *
 * What comes back and what does not (protocol, section 5): below 4500 and every broken line come back with full jitter,
 * from 4500 not; 400, 401, 403, 404 and 410 not, a 401 once more with a fresh token where there is a provider.
 */

import { FeedError } from "./caption-feed.js";
import { SseParser } from "./sse-parser.js";

/** After this many tries in a row without a welcome, the other transport is tried. */
export const TRIES_PER_TRANSPORT = 3;
/** First delay is 0 to BACKOFF_BASE_MS, then doubling; the cap keeps a restart's herd thin without leaving anyone long. */
export const BACKOFF_BASE_MS = 500;
export const BACKOFF_CAP_MS = 20_000;
/** From connecting to the welcome. The daemon answers at once; more than this is a dead path. */
export const WELCOME_TIMEOUT_MS = 10_000;
/** Beyond `pingS`: a ping may queue behind a replay on a slow line. */
export const PING_GRACE_MS = 10_000;
/** Silence for so long is asked about: long enough that a conversation is never asked, short enough to be told of a cut. */
export const ASK_AFTER_MS = 8_000;
/** A ping is answered at once, behind what is pending: longer than this on a line that had nothing pending is no line. */
export const ANSWER_MS = 5_000;
/** The same where the browser says that it is offline. */
export const OFFLINE_ANSWER_MS = 2_000;
/** Told and still nothing for so long: a new connection has better chances than a line that sends again ever more seldom. */
export const GIVE_UP_MS = 7_000;
/** An event stream has a comment every 15 s; two missing would be more than 30. */
export const COMMENT_MS = 20_000;
/** What the daemon says in its welcome; used until then. */
const DEFAULT_PING_MS = 25_000;
/** A connection that lived this long was good: the next delay starts small again. */
export const GOOD_AFTER_MS = 5_000;
/** A server's `retryMs` and `Retry-After` are obeyed up to here; nobody waits an hour for captions. */
const MAX_ASKED_DELAY_MS = 120_000;

/** For people, while it is tried again and again without having been there once. */
export const UNREACHED = "The captions cannot be reached from this page. Trying again\u2026";
export const QUIET = "The caption server does not answer, reconnecting\u2026";
export const OFFLINE = "This device is offline, reconnecting\u2026";

/** Why there are no captions, for people. Keys are close codes and HTTP statuses. */
export const REASONS = {
  400: "The caption server did not accept the request.",
  401: "The access token is missing or not valid.",
  403: "Access to these captions is not allowed.",
  404: "There are no captions under this name.",
  410: "The captions have ended and are no longer kept.",
  4500: "The access token is not valid.",
  4501: "The caption server did not accept the request.",
  4504: "Too many viewers at the moment.",
  4507: "Access to these captions is not allowed.",
  4510: "The captions have ended.",
};
/** `WebSocket.OPEN`: one that is closing takes nothing more, and its end is about to be told. */
const OPEN = 1;
const FATAL_STATUS = new Set([400, 401, 403, 404, 410]);

export class CaptionsLink {
  #settings;
  #env;
  #generation = 0; // every connection has one; what an older one still says is not heard
  #transport = "ws";
  #tries = 0; // on this transport, without a welcome
  #failures = 0; // in a row, for the backoff
  #refused401 = 0;
  #close = () => {};
  #timers = {};
  #bye = null;
  #welcomedMs = null;
  #socket = null;
  #answers = false; // whether this server answered when asked: one that does not is not dead for that
  #asking = false;
  #quiet = false; // people were told that nothing comes
  #webSocketsWork = false;
  #unwatch = () => {};

  /**
   * @param {object} settings
   * @param {string} settings.base absolute http(s) URL of the daemon; may have a path
   * @param {string} settings.session
   * @param {import("./caption-feed.js").CaptionFeed} settings.feed
   * @param {() => (string | null | Promise<string | null>)} settings.token asked before each connection
   * @param {boolean} [settings.freshTokens] whether `token` may answer better a second time
   * @param {boolean} [settings.finalsOnly]
   * @param {(change: object) => void} settings.onChange what the feed made of a message
   * @param {(status: {state: string, reason: string, transport: string}) => void} settings.onStatus
   * @param {object} [env] WebSocket, fetch, setTimeout, clearTimeout, nowMs, random, online, onNetwork
   */
  constructor(settings, env = browserEnv()) {
    this.#settings = settings;
    this.#env = env;
    this.status = { state: "connecting", reason: "", cause: "", transport: "ws" };
  }

  start() {
    this.#unwatch();
    this.#unwatch = this.#env.onNetwork?.((online) => (online ? this.nudge() : this.#offline())) ?? (() => {});
    this.#open();
  }

  /** Ends for good; nothing is called any more. */
  stop() {
    this.#unwatch();
    this.#unwatch = () => {};
    this.#hangUp();
  }

  /** The network is back, or the page is seen again: do not sit out the delay, do not trust a line that is silent. */
  nudge() {
    if (this.#timers.retry !== undefined || this.#quiet) this.#open();
    else this.#ask(ANSWER_MS);
  }

  #offline() {
    if (this.#welcomedMs === null || this.#quiet) return;
    if (this.#socket === null) this.#tellQuiet(OFFLINE, "offline");
    else this.#ask(OFFLINE_ANSWER_MS, OFFLINE, "offline");
  }

  #hangUp() {
    this.#generation += 1;
    for (const name of Object.keys(this.#timers)) this.#disarm(name);
    const close = this.#close;
    this.#close = () => {};
    this.#socket = null;
    this.#asking = this.#quiet = false;
    close();
  }

  #arm(name, ms, then) {
    this.#disarm(name);
    this.#timers[name] = this.#env.setTimeout(() => {
      delete this.#timers[name];
      then();
    }, ms);
  }

  #disarm(name) {
    if (this.#timers[name] !== undefined) this.#env.clearTimeout(this.#timers[name]);
    delete this.#timers[name];
  }

  /** `cause` is for programs: "quiet", "offline", "unreached", "silent", "unreadable", "token", a close code, a status. */
  #say(state, reason = "", cause = "") {
    const last = this.status;
    if (last.state === state && last.reason === reason && last.transport === this.#transport) return;
    this.status = { state, reason, cause, transport: this.#transport };
    this.#settings.onStatus(this.status);
  }

  async #open() {
    this.#hangUp();
    const generation = this.#generation;
    this.#bye = null;
    this.#welcomedMs = null;
    this.#arm("welcome", WELCOME_TIMEOUT_MS, () => this.#over({}));
    let token;
    try {
      token = await this.#settings.token();
    } catch {
      if (generation === this.#generation) this.#over({ reason: "No access token could be had.", cause: "token" });
      return;
    }
    if (generation !== this.#generation) return;
    const ends = (how) => generation === this.#generation && this.#over(how);
    const hears = (text) => generation === this.#generation && this.#hear(text);
    try {
      if (this.#transport === "ws") this.#openSocket(token, hears, ends);
      else this.#openEvents(token, generation, hears, ends);
    } catch {
      ends({});
    }
  }

  #url(path, token) {
    const { base, session, feed, finalsOnly } = this.#settings;
    feed.finalsOnly = Boolean(finalsOnly);
    const url = new URL(`v1/sessions/${encodeURIComponent(session)}/${path}`, base.endsWith("/") ? base : `${base}/`);
    url.search = url.hash = "";
    if (feed.position) url.searchParams.set("position", feed.position);
    if (finalsOnly) url.searchParams.set("partials", "0");
    // Browsers cannot send a header with a WebSocket; the daemon keeps query strings out of every log.
    if (token) url.searchParams.set("token", token);
    return url;
  }

  #openSocket(token, hears, ends) {
    const url = this.#url("ws", token);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new this.#env.WebSocket(url.href, "captions.v1");
    this.#socket = socket;
    this.#close = () => socket.close(1000);
    socket.onmessage = (event) => hears(event.data);
    socket.onclose = (event) => ends({ code: event.code });
  }

  #openEvents(token, generation, hears, ends) {
    const abort = new AbortController();
    this.#close = () => abort.abort();
    this.#readEvents(this.#url("events", token), abort.signal, generation, hears).then(ends, () => ends({}));
  }

  async #readEvents(url, signal, generation, hears) {
    const response = await this.#env.fetch(url.href, {
      signal,
      headers: { Accept: "text/event-stream" },
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
    });
    if (response.status !== 200) {
      return { status: response.status, retryMs: retryAfterMs(response.headers.get("Retry-After")) };
    }
    if (!response.headers.get("Content-Type")?.startsWith("text/event-stream")) return { status: 400 };
    const parser = new SseParser();
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || generation !== this.#generation) return { retryMs: parser.retryMs };
      this.#alive(); // a comment is a sign of life too
      for (const { data } of parser.push(value)) hears(data);
    }
  }

  #alive() {
    if (this.#welcomedMs === null) return;
    const pingMs = this.#settings.feed.pingS === null ? DEFAULT_PING_MS : this.#settings.feed.pingS * 1000;
    this.#arm("silence", pingMs + PING_GRACE_MS, () => this.#fellSilent());
    this.#disarm("answer");
    if (this.#quiet) {
      this.#quiet = false;
      this.#say("live"); // it is there after all
    }
    if (this.#socket === null) this.#arm("quiet", COMMENT_MS, () => this.#tellQuiet());
    else if (!this.#answers) this.#ask(ANSWER_MS);
    else this.#arm("quiet", ASK_AFTER_MS, () => this.#ask(ANSWER_MS));
  }

  /** Asks for a ping; where none comes that is told, if this server is known to answer. */
  #ask(answerMs, reason = QUIET, cause = "quiet") {
    // A snapshot on a slow line is one long silence; what is asked meanwhile would be answered behind it.
    if (this.#socket === null || this.#welcomedMs === null || this.#settings.feed.awaitsSnapshot) return;
    if (!this.#asking && this.#socket.readyState === OPEN) {
      this.#asking = true;
      this.#socket.send(JSON.stringify({ type: "pong", position: this.#settings.feed.position, ask: true }));
    }
    if (this.#answers) this.#arm("answer", answerMs, () => this.#tellQuiet(reason, cause));
  }

  #tellQuiet(reason = QUIET, cause = "quiet") {
    this.#quiet = true;
    this.#say("reconnecting", reason, cause);
    this.#disarm("quiet");
    if (this.#socket !== null) this.#arm("silence", GIVE_UP_MS, () => this.#fellSilent());
  }

  #fellSilent() {
    this.#over({ reason: "The caption server fell silent.", cause: "silent" });
  }

  #hear(text) {
    let change;
    try {
      if (typeof text !== "string") throw new FeedError("a binary frame");
      change = this.#settings.feed.apply(JSON.parse(text));
    } catch (error) {
      if (!(error instanceof FeedError) && !(error instanceof SyntaxError)) throw error;
      this.#over({ reason: "The caption server sent something unreadable.", cause: "unreadable" });
      return;
    }
    if (change.what === "welcome") this.#welcome();
    if (change.answer) {
      this.#asking = false;
      this.#answers = true;
    }
    this.#alive();
    this.#settings.onChange(change);
    if (change.what === "bye") this.#bye = change;
    // The last message before this ping never came: ask again from the last one that did.
    else if (change.what === "missed") this.#over({});
  }

  #welcome() {
    this.#disarm("welcome");
    this.#welcomedMs = this.#env.nowMs();
    this.#tries = 0;
    this.#refused401 = 0;
    if (this.#transport === "ws") this.#webSocketsWork = true;
    this.#say("live");
  }

  /** This connection is over; `code`, `status`, `retryMs` and `reason` say what is known. Decides what comes next. */
  #over({ code = null, status = null, retryMs = null, reason = "", cause = "" }) {
    const welcomedMs = this.#welcomedMs;
    const bye = this.#bye;
    this.#hangUp();
    const why = bye?.code ?? code;
    if (why === 4510 || status === 204) return this.#say("ended", REASONS[4510], "4510");
    if (why >= 4500 && why <= 4999) return this.#say("failed", REASONS[why] ?? "The caption server refused.", String(why));
    if (status === 401 && this.#settings.freshTokens && this.#refused401 === 0) {
      this.#refused401 += 1;
    } else if (FATAL_STATUS.has(status)) {
      return this.#say("failed", REASONS[status], String(status));
    }
    if (welcomedMs === null) {
      if (this.#env.online?.() !== false) this.#tries += 1; // offline nothing gets through: that says nothing of a transport
      if (this.#tries >= TRIES_PER_TRANSPORT) {
        this.#tries = 0;
        this.#transport = this.#transport === "ws" ? "sse" : "ws";
      }
    } else {
      if (this.#env.nowMs() - welcomedMs >= GOOD_AFTER_MS) this.#failures = 0;
      // Event streams stood in during a trouble: browsers open only six of them to one origin, so back where that works.
      if (this.#webSocketsWork) this.#transport = "ws";
    }
    const ceilingMs = Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** Math.min(this.#failures, 16));
    this.#failures += 1;
    const asked = bye?.retryMs ?? retryMs;
    const askedMs = Number.isFinite(asked) ? Math.min(Math.max(asked, 0), MAX_ASKED_DELAY_MS) : 0;
    this.#arm("retry", askedMs + this.#env.random() * ceilingMs, () => this.#open());
    // Who never saw a caption is still connecting; who did is told that the line is down.
    const began = this.#settings.feed.position !== null;
    // A browser hides why (no such host, a foreign origin, a certificate); that both ways failed can be said.
    const neither = !began && this.#failures >= 2 * TRIES_PER_TRANSPORT ? UNREACHED : "";
    return this.#say(began ? "reconnecting" : "connecting", reason || neither, cause || (neither && "unreached"));
  }
}

/** `Retry-After` in milliseconds; null where absent. An HTTP date is left to the backoff: clocks of viewers are wrong. */
function retryAfterMs(header) {
  return header !== null && /^\d{1,6}$/.test(header.trim()) ? Number(header) * 1000 : null;
}

export function browserEnv() {
  return {
    WebSocket: globalThis.WebSocket,
    fetch: (...given) => globalThis.fetch(...given),
    setTimeout: (then, ms) => globalThis.setTimeout(then, ms),
    clearTimeout: (timer) => globalThis.clearTimeout(timer),
    nowMs: () => globalThis.performance.now(),
    random: () => Math.random(),
    online: () => globalThis.navigator?.onLine ?? true,
    /** Calls back with whether there is a network, at each change; answers how to end that. */
    onNetwork: (tell) => {
      const heard = (event) => tell(event.type === "online");
      for (const type of ["online", "offline"]) globalThis.addEventListener(type, heard);
      return () => {
        for (const type of ["online", "offline"]) globalThis.removeEventListener(type, heard);
      };
    },
  };
}
