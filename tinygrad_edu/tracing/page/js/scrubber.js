/* The line of all events at the bottom, its buttons, and playing. */
const PACE = 900; // milliseconds for an event

function drawStrip() {
  const strip = by("strip");
  const width = strip.clientWidth || 600;
  const height = 14;
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  if (strip.width !== Math.floor(width * ratio)) {
    strip.width = width * ratio;
    strip.height = height * ratio;
  }
  const context = strip.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const style = getComputedStyle(document.body);
  const colours = Object.fromEntries(
    ["forward", "backward", "update", "other", "bad"].map((name) => [
      name,
      style.getPropertyValue(`--${name}`).trim(),
    ]),
  );
  const each = width / EVENTS.length;
  EVENTS.forEach((event, i) => {
    const bad = makesOdd(event);
    context.globalAlpha = i <= state.at ? 1 : 0.35;
    context.fillStyle = bad ? colours.bad : colours[phaseOf(event)];
    const tall = ["forward", "derivative", "seed", "update"].includes(event.kind) || bad;
    context.fillRect(
      i * each,
      tall ? 2 : 5,
      Math.max(each - (each > 4 ? 1.5 : 0), 0.6),
      tall ? height - 4 : height - 10,
    );
  });
}

function drawScrubber(event) {
  const slider = by("slider");
  slider.max = String(LAST);
  slider.value = String(event.index);
  slider.setAttribute(
    "aria-valuetext",
    `event ${event.index} of ${LAST}: ${by("sentence").textContent}`,
  );
  by("position").replaceChildren(
    h("b", {}, String(event.index)),
    h("span", { class: "soft" }, ` / ${LAST}`),
  );
  by("go-back").disabled = by("go-first").disabled = event.index === 0;
  by("go-forward").disabled = by("go-over").disabled = event.index === LAST;
}

function stop() {
  clearInterval(state.playing);
  state.playing = 0;
  by("go-play").setAttribute("aria-pressed", "false");
}

function play() {
  if (state.playing) {
    stop();
    return;
  }
  if (state.at === LAST) go(0);
  by("go-play").setAttribute("aria-pressed", "true");
  state.playing = setInterval(() => {
    if (state.at < LAST) go(state.at + 1);
    if (state.at === LAST) stop();
  }, PACE);
}

/** The next event that makes nan or infinity, from the beginning again after the last. */
function nextOdd() {
  for (let n = 1; n <= EVENTS.length; n++) {
    const at = (state.at + n) % EVENTS.length;
    if (makesOdd(EVENTS[at])) return at;
  }
  return -1;
}

onDraw(drawScrubber);
afterDraw(drawStrip);
for (const [id, act] of [
  ["go-first", () => go(0)],
  ["go-back", () => go(state.at - 1)],
  ["go-forward", () => go(state.at + 1)],
  ["go-over", () => go(over(1))],
  ["go-play", play],
]) {
  by(id).addEventListener("click", () => {
    if (id !== "go-play") stop();
    act();
  });
}
by("slider").addEventListener("input", (event) => {
  stop();
  go(Number(event.target.value));
});
