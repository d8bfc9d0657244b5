/**
 * What a display does beside its captions: the whole screen (W), high contrast (C), larger and smaller text (+ and -), and
 * a screen that does not go dark. Keys of the page are off with `?hotkeys=off`; inside the captions these have their own.
 */
"use strict";

(() => {
  /** The bar and the pointer go when nobody has moved for so long. */
  const IDLE_MS = 4000;
  const SIZES = [50, 75, 100, 125, 150, 175, 200, 250, 300, 400]; // as the settings of <live-captions> know them

  const root = document.documentElement;
  const captions = document.querySelector("live-captions");
  const find = (id) => document.getElementById(id);
  const firstTheme = captions.getAttribute("theme");

  // ---- the whole screen

  function toggleScreen() {
    const asked = document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen();
    asked.catch(() => {}); // refused by the browser, or by a frame around: the page is as it was
  }
  find("screen").hidden = !document.fullscreenEnabled;
  document.addEventListener("fullscreenchange", () => {
    find("screen").setAttribute("aria-pressed", String(document.fullscreenElement !== null));
  });

  // ---- contrast and size

  function toggleContrast() {
    const on = captions.getAttribute("theme") !== "contrast";
    if (on) captions.setAttribute("theme", "contrast");
    else if (firstTheme && firstTheme !== "contrast") captions.setAttribute("theme", firstTheme);
    else captions.removeAttribute("theme");
    draw();
  }

  function resize(step) {
    const { settings } = captions;
    const at = SIZES.indexOf(settings.size) + step;
    captions.settings = { ...settings, size: SIZES[Math.min(Math.max(at, 0), SIZES.length - 1)] };
  }

  function draw() {
    find("contrast").setAttribute("aria-pressed", String(captions.getAttribute("theme") === "contrast"));
    find("awake").setAttribute("aria-pressed", String(awake !== null));
  }

  // ---- a screen that stays on: browsers take the lock away whenever the page is not seen

  let awake = null;
  let wanted = "wakeLock" in navigator;
  find("awake").hidden = !wanted;

  async function stayAwake() {
    if (!wanted || awake !== null || document.visibilityState !== "visible") return;
    try {
      const lock = await navigator.wakeLock.request("screen");
      awake = lock;
      lock.addEventListener("release", () => {
        if (awake === lock) awake = null;
        draw();
      });
    } catch {
      // Little battery, or forbidden: tried again when the page is seen again.
    }
    draw();
  }
  function toggleAwake() {
    wanted = awake === null;
    if (wanted) stayAwake();
    else awake.release();
  }
  document.addEventListener("visibilitychange", stayAwake);

  // ---- the bar

  let idle;
  function busy() {
    root.classList.remove("idle");
    clearTimeout(idle);
    idle = setTimeout(() => root.classList.add("idle"), IDLE_MS);
  }
  for (const type of ["pointermove", "pointerdown", "keydown", "focusin"]) document.addEventListener(type, busy, { passive: true });

  const DOES = {
    screen: toggleScreen,
    contrast: toggleContrast,
    smaller: () => resize(-1),
    larger: () => resize(1),
    awake: toggleAwake,
  };
  for (const [id, action] of Object.entries(DOES)) find(id).addEventListener("click", action);

  const KEYS = { w: "screen", c: "contrast", "+": "larger", "-": "smaller" };
  document.addEventListener("keydown", (press) => {
    if (press.ctrlKey || press.altKey || press.metaKey || press.defaultPrevented) return;
    if (captions.getAttribute("hotkeys") === "off" || press.composedPath().includes(captions)) return;
    const id = KEYS[press.key.toLowerCase()]; // "+" with and without Shift
    if (id) DOES[id]();
  });

  draw();
  busy();
  stayAwake();
})();
