/**
 * The demo page: one card for each session of the daemon that serves this page.
 *
 * Captions come by <live-captions>; the figures are asked of the control API, which answers a page of its own origin on
 * loopback without a key. All text goes in by `textContent`.
 */
"use strict";

(() => {
  /** Figures change with every word; asked for more often than this they would only flicker. */
  const POLL_MS = 2000;
  const ANSWER_TIMEOUT_MS = 5000;
  /** A card is a connection; more than this many conversations nobody reads at once. */
  const MAX_CARDS = 24;
  /** How a session's id says which side of a call it is. */
  const SIDE = /(?<=.)[-_.:](agent|customer)$/;

  const cards = new Map(); // session id -> {node, captions, view, ...}
  const find = (id) => document.getElementById(id);
  const languages = new Intl.DisplayNames(["en"], { type: "language", style: "short", languageDisplay: "standard" });

  function languageName(tag) {
    try {
      return languages.of(tag) ?? tag;
    } catch {
      return tag; // not a well-formed tag; shown as it is
    }
  }

  /** Both sides of a call: "en-US-card-agent" -> "en-US-card". */
  const callOf = (view) => view.id.replace(SIDE, "");
  const isOver = (state) => state === "ended" || state === "failed";

  /** "en-US-card-agent" -> {title: "Card", speaker: "agent"}: the language stands below, the speaker beside. */
  function nameOf(view) {
    const bare = view.id.startsWith(`${view.language}-`) ? view.id.slice(view.language.length + 1) : view.id;
    const speaker = SIDE.exec(bare)?.[1] ?? "";
    const words = bare.replace(SIDE, "").replace(/[-_.:]+/g, " ").trim() || view.id;
    return { title: words[0].toUpperCase() + words.slice(1), speaker };
  }

  function makeCard(view) {
    const node = find("card").content.firstElementChild.cloneNode(true);
    const captions = node.querySelector("live-captions");
    captions.setAttribute("session", view.id);
    captions.setAttribute("src", "/");
    if (nameOf(view).speaker) {
      for (const side of ["internal", "external"]) captions.setAttribute(`label-${side}`, ""); // the card's title says it
    }
    const card = { node, captions, view, rank: 0 };
    captions.addEventListener("captions-state", () => drawState(card));
    captions.addEventListener("captions-caption", () => drawFigures(card));
    captions.addEventListener("captions-reset", () => drawFigures(card));
    const links = node.querySelector(".links");
    for (const [name, path] of [
      ["overlay", `/overlay/${encodeURIComponent(view.id)}`],
      ["display", `/display/${encodeURIComponent(view.id)}`],
      ["text", `/v1/sessions/${encodeURIComponent(view.id)}/transcript.txt`],
      ["VTT", `/v1/sessions/${encodeURIComponent(view.id)}/transcript.vtt`],
      ["SRT", `/v1/sessions/${encodeURIComponent(view.id)}/transcript.srt`],
      ["JSON", `/v1/sessions/${encodeURIComponent(view.id)}/transcript.json`],
    ]) {
      const link = document.createElement("a");
      link.href = path;
      link.textContent = name;
      links.append(link);
    }
    return card;
  }

  function set(node, text) {
    if (node.textContent !== text) node.textContent = text;
  }

  function milliseconds(value) {
    if (!Number.isFinite(value)) return "–"; // nothing measured yet is not 0
    return value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value)} ms`;
  }

  function drawFigures(card) {
    const { node, captions, view } = card;
    const figure = (name) => node.querySelector(`[data-figure="${name}"]`);
    const { redactions } = captions.figures;
    const covered = Object.values(redactions).reduce((sum, count) => sum + count, 0);
    set(figure("latency"), milliseconds(view.avgLatencyMs));
    figure("latency").title = `p99 ${milliseconds(view.p99LatencyMs)}`;
    set(figure("words"), Number.isFinite(view.tokensPerSecond) ? view.tokensPerSecond.toFixed(1) : "–");
    set(figure("redactions"), String(covered));
    figure("redactions").title = Object.entries(redactions).map(([kind, count]) => `${kind} ${count}`).join(", ");
    set(figure("gaps"), String(view.gaps ?? "–"));
    figure("gaps").title = view.lostEvents ? `${view.lostEvents} updates lost` : "nothing lost";
    set(figure("viewers"), String(view.viewers ?? "–"));
  }

  function drawState(card) {
    const { node, captions } = card;
    const badge = node.querySelector(".state");
    badge.dataset.state = captions.state;
    set(badge, captions.state);
    badge.title = captions.transport === "sse" ? "over server-sent events" : "over a WebSocket";
    place(card);
  }

  /** A call goes to the end when both its sides are over. */
  function place(card) {
    const call = callOf(card.view);
    const sides = [...cards.values()].filter((one) => callOf(one.view) === call);
    const over = sides.every((one) => isOver(one.view.state) || isOver(one.captions.state));
    // Moved by style, not in the document: a card keeps its connection and its scroll position.
    for (const one of sides) one.node.style.order = String(one.rank + (over ? MAX_CARDS : 0));
  }

  function drawCard(card, view) {
    card.view = view;
    const { title, speaker } = nameOf(view);
    card.captions.setAttribute("label-region", ["Live captions", title, speaker].filter(Boolean).join(", "));
    set(card.node.querySelector("h2"), title);
    set(card.node.querySelector(".language"), [speaker, languageName(view.language)].filter(Boolean).join(", "));
    drawState(card);
    drawFigures(card);
  }

  /** The figures of the Prometheus exposition that the tiles need: [{name, labels, value}]. */
  function readFigures(text) {
    const figures = [];
    for (const line of text.split("\n")) {
      const found = /^captiond_(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
      if (!found) continue;
      const labels = {};
      for (const [, key, value] of (found[2] ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) labels[key] = value;
      figures.push({ name: found[1], labels, value: Number(found[3]) });
    }
    return figures;
  }

  /** The bound that 99 of 100 stay below, in ms; null where nothing was measured. */
  function p99(figures, name) {
    const buckets = figures.filter((one) => one.name === `${name}_bucket`).map(({ labels, value }) => [Number(labels.le === "+Inf" ? Infinity : labels.le), value]);
    buckets.sort(([one], [other]) => one - other);
    const all = buckets.at(-1)?.[1] ?? 0;
    return all === 0 ? null : buckets.find(([, count]) => count >= 0.99 * all)[0] * 1000;
  }

  const number = new Intl.NumberFormat("en");

  function drawTiles(figures) {
    const of = (name) => figures.filter((one) => one.name === name);
    const sum = (name, wanted = () => true) => of(name).filter(({ labels }) => wanted(labels)).reduce((total, { value }) => total + value, 0);
    const tile = (name, text) => set(document.querySelector(`[data-tile="${name}"]`), text);
    const finals = sum("captions_total", ({ final }) => final === "true");
    tile("captions", `${number.format(sum("captions_total"))}, ${number.format(finals)} final`);
    tile("deliveries", number.format(sum("deliveries_total")));
    tile("covered", number.format(sum("redactions_total")));
    document.querySelector('[data-tile="covered"]').title = of("redactions_total").map(({ labels, value }) => `${labels.kind} ${value}`).join(", ");
    const slow = p99(figures, "daemon_latency_seconds");
    tile("latency", slow === null ? "\u2013" : Number.isFinite(slow) ? `\u2264 ${milliseconds(slow)}` : "slow");
    tile("faults", `${number.format(sum("upstream_gaps_total"))}, ${number.format(sum("upstream_reconnects_total"))}`);
    tile("viewers", number.format(sum("viewers")));
    find("tiles").hidden = false;
  }

  async function pollFigures() {
    try {
      const answer = await fetch("/metrics", { cache: "no-store", signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
      if (answer.ok) drawTiles(readFigures(await answer.text()));
    } catch {
      // What there is stays: the summary says that the daemon does not answer.
    }
    setTimeout(pollFigures, POLL_MS);
  }

  function note(text) {
    find("note").hidden = text === "";
    set(find("note"), text);
  }

  /** Oldest call first, the two sides of a call side by side. */
  function inOrder(views) {
    const began = new Map();
    for (const view of views) {
      const at = String(view.createdAt);
      if (!(began.get(callOf(view)) <= at)) began.set(callOf(view), at);
    }
    const key = (view) => `${began.get(callOf(view))} ${view.id}`;
    return [...views].sort((one, other) => key(one).localeCompare(key(other)));
  }

  function draw(views) {
    const shown = inOrder(views).slice(-MAX_CARDS);
    const ids = new Set(shown.map((view) => view.id));
    for (const [id, card] of cards) {
      if (ids.has(id)) continue;
      card.node.remove();
      cards.delete(id);
    }
    for (const [rank, view] of shown.entries()) {
      let card = cards.get(view.id);
      if (!card) {
        card = makeCard(view);
        cards.set(view.id, card);
        find("cards").append(card.node);
      }
      card.rank = rank;
      drawCard(card, view);
    }
    const live = views.filter((view) => view.state === "live").length;
    const hidden = views.length - shown.length;
    set(find("summary"), `${live} live, ${views.length} in all${hidden ? `, the newest ${shown.length} shown` : ""}`);
    note(views.length ? "" : "No session is running. Start one with POST /v1/sessions, or run captiond demo.");
  }

  async function poll() {
    try {
      const answer = await fetch("/v1/sessions", { cache: "no-store", signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
      if (answer.status === 401 || answer.status === 403) {
        set(find("summary"), "Not allowed");
        note("The list of sessions needs the control API, which answers without a key only on the daemon's own machine.");
      } else if (!answer.ok) {
        set(find("summary"), `The daemon answered ${answer.status}.`);
      } else {
        const { sessions } = await answer.json();
        draw(Array.isArray(sessions) ? sessions.filter((view) => typeof view?.id === "string") : []);
      }
    } catch {
      set(find("summary"), "The daemon does not answer; trying again…");
    }
    setTimeout(poll, POLL_MS);
  }

  poll();
  pollFigures();
})();
