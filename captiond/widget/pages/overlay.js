/**
 * What an overlay's owner does with it: move it (by its grip, or with the arrow keys on it), change the size of its text.
 * The place is kept by the browser, as a share of the free space, so that it is inside any window.
 *
 * `?window` is for a window without a frame (Electron, WebView): the grip then moves the window itself.
 */
"use strict";

(() => {
  const KEY = "captiond.overlay.place";
  const START = { x: 0.5, y: 1 };
  const [STEP, SMALL_STEP] = [0.05, 0.01];
  /** As the settings of <live-captions> know them. */
  const SIZES = [50, 75, 100, 125, 150, 175, 200, 250, 300, 400];

  const stage = document.getElementById("stage");
  const grip = document.getElementById("grip");
  const captions = document.querySelector("live-captions");
  if (new URLSearchParams(location.search).has("window")) document.documentElement.classList.add("window");

  let place = kept();

  function kept() {
    try {
      const { x, y } = JSON.parse(localStorage.getItem(KEY)) ?? START;
      if ([x, y].every((share) => share >= 0 && share <= 1)) return { x, y };
    } catch {
      // Storage is blocked, or holds something else.
    }
    return { ...START };
  }

  function put(x, y) {
    place = { x: Math.min(Math.max(x, 0), 1), y: Math.min(Math.max(y, 0), 1) };
    stage.style.setProperty("--x", place.x);
    stage.style.setProperty("--y", place.y);
  }

  function keep() {
    try {
      localStorage.setItem(KEY, JSON.stringify(place));
    } catch {
      // It stays where it is as long as the page lives.
    }
  }

  grip.addEventListener("pointerdown", (down) => {
    if (down.button !== 0 || document.documentElement.classList.contains("window")) return;
    grip.setPointerCapture(down.pointerId);
    stage.classList.add("moving");
    const from = { ...place };
    const box = stage.getBoundingClientRect();
    const around = getComputedStyle(stage.parentElement);
    const inside = (length, ...paddings) => paddings.reduce((left, name) => left - parseFloat(around[name]), length);
    const free = {
      // At least a pixel: where the stage fills the window there is nowhere to go.
      x: Math.max(inside(innerWidth, "paddingLeft", "paddingRight") - box.width, 1),
      y: Math.max(inside(innerHeight, "paddingTop", "paddingBottom") - box.height, 1),
    };
    const move = (event) => put(from.x + (event.clientX - down.clientX) / free.x, from.y + (event.clientY - down.clientY) / free.y);
    const end = () => {
      grip.removeEventListener("pointermove", move);
      stage.classList.remove("moving");
      keep();
    };
    grip.addEventListener("pointermove", move);
    grip.addEventListener("lostpointercapture", end, { once: true });
  });

  grip.addEventListener("keydown", (press) => {
    const step = press.shiftKey ? SMALL_STEP : STEP;
    const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[press.key];
    if (by) put(place.x + by[0], place.y + by[1]);
    else if (press.key === "Home") put(START.x, START.y);
    else return;
    press.preventDefault();
    keep();
  });

  function resize(step) {
    const { settings } = captions;
    const at = SIZES.indexOf(settings.size) + step;
    captions.settings = { ...settings, size: SIZES[Math.min(Math.max(at, 0), SIZES.length - 1)] };
  }
  document.getElementById("smaller").addEventListener("click", () => resize(-1));
  document.getElementById("larger").addEventListener("click", () => resize(1));

  put(place.x, place.y);
})();
