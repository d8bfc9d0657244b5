/** The connection in simulated time: fake sockets, fake event streams, a clock that moves only when told. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { CaptionFeed } from "../../captiond/widget/caption-feed.js";
import {
  ANSWER_MS, ASK_AFTER_MS, BACKOFF_BASE_MS, BACKOFF_CAP_MS, CaptionsLink, COMMENT_MS, GIVE_UP_MS, GOOD_AFTER_MS, OFFLINE,
  OFFLINE_ANSWER_MS, PING_GRACE_MS, QUIET, TRIES_PER_TRANSPORT, UNREACHED, WELCOME_TIMEOUT_MS,
} from "../../captiond/widget/captions-link.js";

class World {
  nowMs = 0;
  timers = [];
  sockets = [];
  streams = [];
  statuses = [];
  chance = 0.5;
  online = true;

  constructor({ respond = () => "stream", settings = {} } = {}) {
    const world = this;
    class FakeSocket {
      constructor(url, protocol) {
        Object.assign(this, { url: new URL(url), protocol, closedWith: null, sent: [], readyState: 1 });
        world.sockets.push(this);
      }
      close(code) { this.closedWith = code; }
      send(text) { this.sent.push(JSON.parse(text)); }
      says(message) { this.onmessage({ data: typeof message === "string" ? message : JSON.stringify(message) }); }
      drops(code = 1006) { this.onclose({ code }); }
    }
    this.env = {
      WebSocket: FakeSocket,
      fetch: (url, options) => this.#fetch(url, options, respond),
      setTimeout: (then, ms) => {
        const timer = { at: this.nowMs + ms, ms, then };
        this.timers.push(timer);
        return timer;
      },
      clearTimeout: (timer) => { this.timers = this.timers.filter((one) => one !== timer); },
      nowMs: () => this.nowMs,
      random: () => this.chance,
      online: () => this.online,
      onNetwork: (tell) => {
        this.network = tell;
        return () => { this.network = null; };
      },
    };
    this.feed = new CaptionFeed();
    this.changes = [];
    this.link = new CaptionsLink({
      base: "https://captions.example/base", session: "call 1/x", feed: this.feed, token: () => "secret", freshTokens: false,
      onChange: (change) => this.changes.push(change.what), onStatus: (status) => this.statuses.push(status), ...settings,
    }, this.env);
  }

  async #fetch(url, options, respond) {
    const answer = respond(this.streams.length);
    const stream = { url: new URL(url), options, aborted: false };
    this.streams.push(stream);
    if (answer === "unreachable") throw new TypeError("network");
    if (answer !== "stream") return new Response(answer.status === 204 ? null : "", answer);
    const body = new ReadableStream({ start: (controller) => { stream.controller = controller; } });
    stream.says = (message) => stream.controller.enqueue(
      new TextEncoder().encode(typeof message === "string" ? message : `event: ${message.type}\ndata: ${JSON.stringify(message)}\n\n`));
    options.signal.addEventListener("abort", () => { stream.aborted = true; });
    return new Response(body, { headers: { "Content-Type": "text/event-stream; charset=utf-8" } });
  }

  get states() { return this.statuses.map((status) => status.state); }
  get socket() { return this.sockets.at(-1); }
  get stream() { return this.streams.at(-1); }
  get delays() { return this.timers.map((timer) => timer.ms).sort((one, other) => one - other); }

  /** Lets microtasks and stream reads finish. */
  async settle() { for (let n = 0; n < 25; n += 1) await new Promise((done) => setImmediate(done)); }

  async start() { this.link.start(); await this.settle(); }

  async pass(ms) {
    const until = this.nowMs + ms;
    for (;;) {
      const due = this.timers.filter((timer) => timer.at <= until).sort((one, other) => one.at - other.at)[0];
      if (!due) break;
      this.timers = this.timers.filter((timer) => timer !== due);
      this.nowMs = Math.max(this.nowMs, due.at);
      due.then();
      await this.settle();
    }
    this.nowMs = until;
    await this.settle();
  }

  /** After a drop only the delay is waiting: on to the next try. */
  async nextTry() {
    assert.equal(this.timers.length, 1);
    const delay = this.delays[0];
    await this.pass(delay);
    return delay;
  }

  welcome(to = this.socket, position = "aaaaaaaa.0", recovered = false) {
    to.says({ type: "welcome", position, recovered, state: "live", language: "en-US", pingS: 25, serverTime: "" });
    if (!recovered) to.says({ type: "snapshot", position, captions: [], gaps: [], earlierFinals: 0 });
  }

  /** What a daemon says that was asked whether it is there. */
  answer(to = this.socket, index = 0) {
    to.says({ type: "ping", position: `aaaaaaaa.${index}`, serverTime: "", answer: true });
  }

  caption(index, to = this.socket) {
    to.says({ type: "caption", index, utterance: `u${index}`, revision: 1, final: true, text: "x", stableLength: 1, held: false,
      channel: "", language: "en-US", emittedAt: "", sentAt: "", redactions: {} });
  }
}

test("a WebSocket first, with the sub-protocol, the token and no position", async () => {
  const world = new World();
  await world.start();
  assert.equal(world.socket.protocol, "captions.v1");
  assert.equal(world.socket.url.href, "wss://captions.example/base/v1/sessions/call%201%2Fx/ws?token=secret");
  world.welcome();
  assert.deepEqual(world.states, ["live"]);
  assert.equal(JSON.stringify(world.statuses).includes("secret"), false);
});

test("a dropped line comes back with the position of the last message", async () => {
  const world = new World();
  await world.start();
  world.welcome();
  world.caption(1);
  world.caption(2);
  world.socket.drops();
  assert.deepEqual(world.states, ["live", "reconnecting"]);
  await world.pass(BACKOFF_BASE_MS);
  assert.equal(world.sockets.length, 2);
  assert.equal(world.socket.url.searchParams.get("position"), "aaaaaaaa.2");
  world.welcome(world.socket, "aaaaaaaa.2", true);
  world.caption(3);
  assert.deepEqual(world.states, ["live", "reconnecting", "live"]);
  assert.equal(world.feed.items.length, 3);
});

test("what an old connection still says is not heard", async () => {
  const world = new World();
  await world.start();
  world.welcome();
  const old = world.socket;
  old.drops();
  await world.pass(BACKOFF_BASE_MS);
  world.caption(1, old);
  old.drops(4500);
  assert.equal(world.feed.items.length, 0);
  assert.equal(world.states.at(-1), "reconnecting");
});

test("delays are full jitter under a doubling ceiling, and small again after a good connection", async () => {
  const world = new World({ respond: () => "unreachable" });
  world.chance = 0.999999;
  await world.start();
  const ceilings = [];
  for (let n = 0; n < 9; n += 1) {
    if (world.socket.onclose && !world.socket.dropped) {
      world.socket.dropped = true;
      world.socket.drops();
    }
    ceilings.push(Math.round(await world.nextTry()));
  }
  assert.deepEqual(ceilings, [500, 1000, 2000, 4000, 8000, 16000, BACKOFF_CAP_MS, BACKOFF_CAP_MS, BACKOFF_CAP_MS]);
  assert.deepEqual([world.sockets.length, world.streams.length], [6, 4]); // three by three
  world.chance = 0;
  const other = new World();
  other.chance = 0;
  await other.start();
  other.socket.drops();
  assert.deepEqual(other.delays, [0]);
});

test("a connection that lasted resets the delays, one that broke at once does not", async () => {
  const world = new World();
  world.chance = 0.999999;
  await world.start();
  world.welcome();
  world.socket.drops();
  assert.equal(Math.round(world.delays.at(-1)), 500);
  await world.pass(500);
  world.welcome();
  world.socket.drops();
  assert.equal(Math.round(world.delays.at(-1)), 1000);
  await world.pass(1000);
  world.welcome();
  await world.pass(GOOD_AFTER_MS);
  world.socket.drops();
  assert.equal(Math.round(world.delays.at(-1)), 500);
});

test("after three failed tries server-sent events are used, and resume where the WebSocket was", async () => {
  const world = new World();
  await world.start();
  world.welcome();
  world.caption(1);
  world.socket.drops();
  for (let n = 0; n < 3; n += 1) {
    await world.nextTry();
    assert.equal(world.streams.length, 0);
    world.socket.drops();
  }
  await world.nextTry();
  assert.equal(world.sockets.length, 4);
  assert.equal(world.stream.url.pathname, "/base/v1/sessions/call%201%2Fx/events");
  assert.equal(world.stream.url.searchParams.get("position"), "aaaaaaaa.1");
  world.welcome(world.stream, "aaaaaaaa.1", true);
  world.caption(2, world.stream);
  await world.settle();
  assert.deepEqual(world.statuses.at(-1), { state: "live", reason: "", cause: "", transport: "sse" });
  assert.equal(world.feed.position, "aaaaaaaa.2");
  world.link.stop();
  assert.equal(world.stream.aborted, true);
});

for (const [code, state] of [[4001, "reconnecting"], [4005, "reconnecting"], [4008, "reconnecting"], [4010, "reconnecting"],
  [4012, "reconnecting"], [4013, "reconnecting"], [1006, "reconnecting"], [1000, "reconnecting"], [4500, "failed"], [4501, "failed"],
  [4504, "failed"], [4507, "failed"], [4510, "ended"], [4999, "failed"]]) {
  test(`close code ${code}: ${state}`, async () => {
    const world = new World();
    await world.start();
    world.welcome();
    world.socket.drops(code);
    assert.equal(world.states.at(-1), state);
    await world.pass(60_000);
    assert.equal(world.sockets.length > 1, state === "reconnecting");
  });
}

test("a bye before an unclean close decides, and its retryMs is waited for", async () => {
  const world = new World();
  await world.start();
  world.welcome();
  world.socket.says({ type: "bye", code: 4001, reason: "", resume: true, retryMs: 7000 });
  world.socket.drops(1006);
  await world.pass(6999);
  assert.equal(world.sockets.length, 1);
  await world.pass(1 + BACKOFF_BASE_MS);
  assert.equal(world.sockets.length, 2);
  world.welcome();
  world.socket.says({ type: "bye", code: 4510, reason: "", resume: false, retryMs: null });
  world.socket.drops(1006);
  assert.equal(world.states.at(-1), "ended");
});

test("who was never there is told so once both transports have failed", async () => {
  const world = new World({ respond: () => "unreachable" });
  await world.start();
  for (let n = 0; n < TRIES_PER_TRANSPORT; n += 1) {
    assert.deepEqual(world.statuses.filter(({ reason }) => reason), []);
    world.socket.drops();
    await world.nextTry();
  }
  for (let n = 0; n < TRIES_PER_TRANSPORT && world.link.status.reason === ""; n += 1) await world.nextTry();
  assert.equal(world.streams.length, TRIES_PER_TRANSPORT);
  assert.deepEqual(world.link.status, { state: "connecting", reason: UNREACHED, cause: "unreached", transport: "ws" });
  while (world.sockets.length <= TRIES_PER_TRANSPORT) await world.nextTry();
  world.welcome();
  assert.equal(world.link.status.reason, "");
});

test("silence for longer than pingS and its grace is a dead line; a ping is a sign of life", async () => {
  const world = new World();
  await world.start();
  world.welcome();
  await world.pass(25_000);
  world.socket.says({ type: "ping", position: "aaaaaaaa.0", serverTime: "" });
  await world.pass(25_000 + PING_GRACE_MS - 1);
  assert.deepEqual(world.states, ["live"]);
  await world.pass(1);
  assert.equal(world.states.at(-1), "reconnecting");
  assert.equal(world.sockets[0].closedWith, 1000);
});

/** On a daemon that answers; nothing has been said yet. */
async function answering() {
  const world = new World();
  await world.start();
  world.welcome();
  assert.deepEqual(world.socket.sent, [{ type: "pong", position: "aaaaaaaa.0", ask: true }]);
  world.answer();
  return world;
}

test("silence is asked about, and what answers is there", async () => {
  const world = await answering();
  await world.pass(ASK_AFTER_MS - 1);
  assert.equal(world.socket.sent.length, 1);
  world.caption(1);
  await world.pass(ASK_AFTER_MS - 1);
  assert.equal(world.socket.sent.length, 1); // who hears asks nothing
  await world.pass(1);
  assert.deepEqual(world.socket.sent.slice(1), [{ type: "pong", position: "aaaaaaaa.1", ask: true }]);
  await world.pass(ANSWER_MS - 1);
  world.answer(world.socket, 1);
  for (let n = 0; n < 20; n += 1) {
    await world.pass(ASK_AFTER_MS);
    world.answer(world.socket, 1);
  }
  assert.deepEqual(world.states, ["live"]);
  assert.equal(world.socket.sent.length, 22);
});

test("no answer is told before the line is given up, and taken back where words come after all", async () => {
  const world = await answering();
  world.caption(1);
  await world.pass(ASK_AFTER_MS + ANSWER_MS - 1);
  assert.deepEqual(world.states, ["live"]);
  await world.pass(1);
  assert.deepEqual(world.statuses.at(-1), { state: "reconnecting", reason: QUIET, cause: "quiet", transport: "ws" });
  assert.equal(world.sockets[0].closedWith, null);
  await world.pass(GIVE_UP_MS - 1);
  world.caption(2);
  assert.deepEqual(world.states, ["live", "reconnecting", "live"]);
  assert.deepEqual([world.sockets.length, world.feed.items.length], [1, 2]);
});

test("a line that stays silent is given up, and the next one resumes", async () => {
  const world = await answering();
  world.caption(1);
  await world.pass(ASK_AFTER_MS + ANSWER_MS + GIVE_UP_MS);
  assert.equal(world.sockets[0].closedWith, 1000);
  assert.equal(world.states.at(-1), "reconnecting");
  await world.pass(BACKOFF_BASE_MS);
  assert.equal(world.socket.url.searchParams.get("position"), "aaaaaaaa.1");
});

test("a daemon that does not answer is not dead for that", async () => {
  const world = new World();
  await world.start();
  world.welcome();
  await world.pass(20_000);
  world.socket.says({ type: "ping", position: "aaaaaaaa.0", serverTime: "" }); // the ping of every 25 s is no answer
  await world.pass(25_000 + PING_GRACE_MS - 1);
  assert.deepEqual(world.states, ["live"]);
  assert.equal(world.socket.sent.length, 1);
});

test("a line that is closing is not asked", async () => {
  const world = await answering();
  world.socket.readyState = 2;
  await world.pass(ASK_AFTER_MS);
  assert.equal(world.socket.sent.length, 1);
  world.socket.drops();
  assert.equal(world.states.at(-1), "reconnecting");
});

test("who waits for a snapshot on a slow line is not asked", async () => {
  const world = await answering();
  world.socket.says({ type: "welcome", position: "aaaaaaaa.9", recovered: false, state: "live", pingS: 25, serverTime: "" });
  await world.pass(25_000 + PING_GRACE_MS - 1);
  assert.deepEqual(world.states, ["live"]);
  assert.equal(world.socket.sent.length, 1);
});

test("the browser's word that it is offline is a reason to ask at once, not to believe it", async () => {
  const world = await answering();
  world.network(false);
  assert.equal(world.socket.sent.length, 2);
  await world.pass(OFFLINE_ANSWER_MS - 1);
  world.answer(); // the daemon is on this machine
  await world.pass(1000);
  assert.deepEqual(world.states, ["live"]);
  world.network(false);
  await world.pass(OFFLINE_ANSWER_MS);
  assert.deepEqual(world.statuses.at(-1), { state: "reconnecting", reason: OFFLINE, cause: "offline", transport: "ws" });
  world.network(true);
  await world.settle();
  assert.equal(world.sockets.length, 2); // back at once, on a new line
  assert.equal(world.sockets[0].closedWith, 1000);
  world.link.stop();
  assert.equal(world.network, null);
});

test("tries while the browser is offline say nothing of a transport", async () => {
  const world = new World();
  await world.start();
  world.welcome();
  world.online = false;
  for (let n = 0; n < 5; n += 1) {
    world.socket.drops();
    await world.nextTry();
  }
  assert.deepEqual([world.sockets.length, world.streams.length], [6, 0]);
});

test("event streams stand in: after them the WebSocket is tried again where it had worked", async () => {
  const world = new World();
  await world.start();
  world.welcome();
  world.socket.drops();
  for (let n = 0; n < 3; n += 1) {
    await world.nextTry();
    world.socket.drops();
  }
  await world.nextTry();
  world.welcome(world.stream, "aaaaaaaa.0", true);
  await world.settle();
  world.stream.controller.close();
  await world.settle();
  await world.pass(BACKOFF_CAP_MS);
  assert.deepEqual([world.sockets.length, world.streams.length], [5, 1]);
});

test("on the event stream silence is told once a comment is missing", async () => {
  const world = await onEventStream(() => "stream");
  world.welcome(world.stream);
  await world.settle();
  await world.pass(COMMENT_MS - 1);
  assert.equal(world.states.at(-1), "live");
  await world.pass(1);
  assert.equal(world.statuses.at(-1).cause, "quiet");
  world.stream.says(":\n\n");
  await world.settle();
  assert.equal(world.states.at(-1), "live");
  world.network(false);
  assert.equal(world.statuses.at(-1).cause, "offline");
  world.stream.says(":\n\n");
  await world.settle();
  assert.equal(world.states.at(-1), "live");
});

test("no welcome in time is a failed try", async () => {
  const world = new World();
  await world.start();
  await world.pass(WELCOME_TIMEOUT_MS - 1);
  assert.equal(world.sockets[0].closedWith, null);
  await world.pass(1 + BACKOFF_BASE_MS);
  assert.equal(world.sockets[0].closedWith, 1000);
  assert.equal(world.sockets.length, 2);
});

test("a ping that is ahead makes it ask again from where it is", async () => {
  const world = new World();
  await world.start();
  world.welcome();
  world.caption(1);
  world.socket.says({ type: "ping", position: "aaaaaaaa.3", serverTime: "" });
  await world.pass(BACKOFF_BASE_MS);
  assert.equal(world.socket.url.searchParams.get("position"), "aaaaaaaa.1");
});

for (const nonsense of ["{", "7", "{\"type\":\"caption\"}", { type: "welcome", position: 1 }]) {
  test(`unreadable is a broken line, not a broken page: ${JSON.stringify(nonsense)}`, async () => {
    const world = new World();
    await world.start();
    world.welcome();
    world.socket.says(nonsense);
    assert.equal(world.states.at(-1), "reconnecting");
    await world.pass(BACKOFF_BASE_MS);
    assert.equal(world.sockets.length, 2);
  });
}

async function onEventStream(respond, settings) {
  const world = new World({ respond, settings });
  await world.start();
  for (let n = 0; n < 3; n += 1) {
    world.socket.drops();
    await world.nextTry();
  }
  return world;
}

for (const [status, state] of [[204, "ended"], [401, "failed"], [403, "failed"], [404, "failed"], [410, "failed"]]) {
  test(`status ${status} on the event stream: ${state}, and no further try`, async () => {
    const world = await onEventStream(() => ({ status }));
    assert.equal(world.states.at(-1), state);
    await world.pass(120_000);
    assert.equal(world.streams.length, 1);
    assert.equal(world.sockets.length, 3);
  });
}

test("on the event stream a comment is a sign of life, and silence is not", async () => {
  const world = await onEventStream(() => "stream");
  world.welcome(world.stream);
  await world.settle();
  for (let n = 0; n < 4; n += 1) {
    await world.pass(15_000);
    world.stream.says(":\n\n");
    await world.settle();
  }
  assert.equal(world.states.at(-1), "live");
  await world.pass(25_000 + PING_GRACE_MS);
  assert.equal(world.states.at(-1), "reconnecting");
  assert.equal(world.streams[0].aborted, true);
});

test("429 and 503 are tried again, after Retry-After", async () => {
  const world = await onEventStream(() => ({ status: 503, headers: { "Retry-After": "9" } }));
  assert.equal(world.states.at(-1) === "failed", false);
  assert.equal(world.delays.some((ms) => ms >= 9000), true);
  await world.pass(40_000);
  assert.equal(world.streams.length >= 2, true);
});

test("with a token provider a 401 is tried once more with a fresh token", async () => {
  let asked = 0;
  const world = await onEventStream(() => ({ status: 401 }), { token: async () => `t${(asked += 1)}`, freshTokens: true });
  await world.pass(BACKOFF_CAP_MS);
  assert.equal(world.streams.length, 2);
  assert.notEqual(world.streams[0].url.searchParams.get("token"), world.streams[1].url.searchParams.get("token"));
  assert.equal(world.states.at(-1), "failed");
});

test("a token that cannot be had is tried again, and nothing is opened without it", async () => {
  let fails = true;
  const world = new World({ settings: { token: async () => { if (fails) throw new Error("secret"); return "t"; } } });
  await world.start();
  assert.equal(world.sockets.length, 0);
  fails = false;
  await world.pass(BACKOFF_BASE_MS);
  assert.equal(world.sockets.length, 1);
  assert.equal(JSON.stringify(world.statuses).includes("secret"), false);
});

test("nudged, it does not sit out its delay; stopped, it does nothing more", async () => {
  const world = new World();
  await world.start();
  world.socket.drops();
  world.link.nudge();
  await world.settle();
  assert.equal(world.sockets.length, 2);
  world.link.nudge();
  await world.settle();
  assert.equal(world.sockets.length, 2); // a try is under way: nothing to hurry
  const said = world.statuses.length;
  world.link.stop();
  world.socket.drops();
  await world.pass(60_000);
  assert.equal(world.sockets.length, 2);
  assert.equal(world.statuses.length, said);
  assert.deepEqual(world.timers, []);
});
