/**
 * The overlay and the display: <live-captions>, set up from the page's address.
 *
 * Path: /overlay/{session} or /display/{session}. Without a session `?conversationId=…` says which call is meant, as the
 * interaction widget of Genesys Cloud does; the page then has one element for each of the call's sessions, and waits for
 * the first where there is none yet. Query, all optional: the element's attributes of ATTRIBUTES, `size` (text size in
 * rem), `langTag`, and `token` (also as #token=…). The token is taken out of the address before anything else runs:
 * addresses are copied, shown on screens and kept in histories.
 */
"use strict";

(() => {
  const ATTRIBUTES = [
    "lines", "max-ch", "clear-after", "theme", "announce", "stability", "finals-only", "history", "delay", "braille",
    "braille-pace", "controls", "hotkeys", "ui-lang", "label", "label-internal", "label-external",
  ];
  /** Names under which the address of an interaction widget may hand these over; its author chooses them. */
  const CONVERSATION = ["conversationId", "conversationid", "gcConversationId", "pcConversationId"];
  const LANGUAGE = ["langTag", "langtag", "gcLangTag", "pcLangTag"];
  /** A call of more sessions than this would be unreadable; agent and customer are two. */
  const MAX_SESSIONS = 4;
  /** First wait for a session of the call, and the longest: an agent opens the widget as the call begins. */
  const [LOOK_MS, LONGEST_LOOK_MS] = [1500, 15_000];
  const ANSWER_TIMEOUT_MS = 8000;

  const address = new URL(location.href);
  const query = address.searchParams;
  const fragment = new URLSearchParams(address.hash.slice(1));
  const token = query.get("token") ?? fragment.get("token");
  if (query.has("token") || fragment.has("token")) {
    query.delete("token");
    fragment.delete("token");
    address.hash = fragment.toString();
    history.replaceState(null, "", address);
  }

  const given = (names) => names.map((name) => query.get(name)).find((value) => value);
  const captions = document.querySelector("live-captions");
  const note = document.getElementById("note");

  function say(text) {
    note.hidden = text === "";
    if (note.textContent !== text) note.textContent = text;
  }

  const language = given(LANGUAGE);
  if (language && /^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8}){0,4}$/.test(language)) {
    document.documentElement.lang = language.replaceAll("_", "-");
  }
  captions.setAttribute("src", "/");
  for (const name of ATTRIBUTES) {
    if (query.has(name)) captions.setAttribute(name, query.get(name));
  }
  const size = Number(query.get("size"));
  // Below half of normal nobody reads, above 12 one word fills a screen.
  if (size >= 0.5 && size <= 12) captions.style.setProperty("--captions-font-size", `${size}rem`);

  function show(element, session) {
    if (token) element.token = token; // before it is defined: the element picks the property up
    element.setAttribute("session", session);
    element.hidden = false;
  }

  let session = "";
  try {
    session = decodeURIComponent(address.pathname.split("/")[2] ?? "");
  } catch {
    // A broken escape names no session.
  }
  const conversation = given(CONVERSATION);
  if (session) {
    document.title = `${session}: live captions`;
    show(captions, session);
    return;
  }
  captions.hidden = true;
  document.documentElement.classList.add("of-call");
  if (!conversation) {
    say("This page shows one session: its name belongs into the address, or ?conversationId= and a call's id.");
    return;
  }
  if (/^\{\{.*\}\}$/.test(conversation)) {
    say("The conversation's id was not filled in. Open this page from an interaction, as its widget.");
    return;
  }

  // ---- a call, whose sessions are looked up

  // In an agent's desktop it is a panel to read back in, not a strip over something else.
  if (!query.has("lines")) captions.removeAttribute("lines");
  if (!query.has("theme")) captions.removeAttribute("theme");
  if (!query.has("controls")) captions.setAttribute("controls", "pause search mark to-mark settings");
  const pattern = captions.cloneNode(false);
  const shown = new Map(); // session -> element

  function add(view) {
    if (shown.has(view.id) || shown.size >= MAX_SESSIONS) return;
    const element = shown.size === 0 ? captions : pattern.cloneNode(false);
    if (element !== captions) captions.parentElement.append(element);
    if (size >= 0.5 && size <= 12) element.style.setProperty("--captions-font-size", `${size}rem`);
    shown.set(view.id, element);
    show(element, view.id);
  }

  /** Answers how long to wait before looking again; null: for ever. */
  function found(views, waitMs) {
    // Those that are over are shown only where nothing is live: an earlier part of the same call.
    const live = views.filter((view) => view.state !== "ended" && view.state !== "failed");
    for (const view of live.length > 0 || shown.size > 0 ? live : views) add(view);
    say("");
    return live.length > 0 ? LONGEST_LOOK_MS : waitMs; // a second medium may join, or the call go on elsewhere
  }

  async function look(waitMs) {
    let nextMs = Math.min(waitMs * 2, LONGEST_LOOK_MS);
    try {
      const answer = await fetch(`/v1/conversations/${encodeURIComponent(conversation)}`, {
        headers: token ? { Authorization: `Bearer ${token}` } : {},
        cache: "no-store",
        credentials: "omit",
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      });
      if (answer.status === 200) nextMs = found((await answer.json()).sessions, nextMs);
      else if (answer.status === 404 && shown.size === 0) say("This call is not captioned yet. Waiting\u2026");
      else if (answer.status === 401) return say("The access token is missing or not valid.");
      else if (answer.status === 403) return say("Access to these captions is not allowed.");
      else if (shown.size === 0) say(`The caption server answered ${answer.status}. Trying again\u2026`);
    } catch {
      if (shown.size === 0) say("The caption server does not answer. Trying again\u2026");
    }
    // Half of it by chance: a floor of agents opens its widgets at once.
    setTimeout(look, nextMs * (0.5 + Math.random() / 2), nextMs);
    return undefined;
  }

  document.title = "Live captions of this call";
  look(LOOK_MS / 2);
})();
