/* Where one is in the trace, and what is chosen; the page is drawn from this and nothing else. */
const TABS = ["step", "curves", "what-if", "beside"];
const state = { at: 0, chosen: null, tab: "step", folded: null, part: null, playing: 0 };
const drawers = [];
const finishers = [];

/** Have `draw(event)` called whenever the page is drawn. */
const onDraw = (draw) => drawers.push(draw);

/** Have `finish(event)` called when all is drawn: to measure, and to scroll. A drawer that measured
    what others have changed would have the browser lay out the page for it alone. */
const afterDraw = (finish) => finishers.push(finish);

const now = () => EVENTS[state.at];

function draw() {
  document.body.dataset.tab = state.tab;
  for (const tab of TABS) {
    const open = tab === state.tab;
    by(`view-${tab}`).hidden = !open;
    by(`tab-${tab}`).setAttribute("aria-selected", String(open));
    by(`tab-${tab}`).tabIndex = open ? 0 : -1;
  }
  if (state.tab === "step") [...drawers, ...finishers].forEach((each) => each(now()));
  note();
}

/** Go to an event; the element that is chosen is then the largest. */
function go(at) {
  state.at = Math.max(0, Math.min(LAST, at));
  state.chosen = null;
  state.tab = "step";
  draw();
}

function choose(flat) {
  state.chosen = flat;
  draw();
}

function show(tab) {
  state.tab = tab;
  draw();
}

/** The part of an optimizer's vectors that is shown: [name, start, end, shape]; null of others. */
function partOf(event) {
  const parts = event.details.parts;
  if (!parts || !parts.length) return null;
  return parts.find(([name]) => name === state.part) || parts[0];
}

/** Whether a value is an optimizer's vector, which has the elements of all its parameters. */
function isVector(event, id) {
  const parts = event.details.parts;
  return Boolean(parts?.length) && VALUES[id].size === parts.at(-1)[2];
}

/** Whether a value has one number for each of an optimizer's parameters. */
function isCounter(event, id) {
  const parts = event.details.parts;
  return Boolean(parts) && !isVector(event, id) && VALUES[id].size === parts.length;
}

/** The element that is chosen, of the event's main output: flat within the whole; null if none. */
function chosenOf(event) {
  const main = mainOutput(event);
  const array = main && elements(main[1]);
  if (!array || !array.length) return null;
  const part = partOf(event);
  const whole = isVector(event, main[1]);
  const [start, end] = whole ? [part[1], part[2]] : [0, array.length];
  if (!whole && state.chosen === null && isCounter(event, main[1])) {
    return event.details.parts.indexOf(part);
  }
  if (state.chosen !== null && state.chosen >= start && state.chosen < end) return state.chosen;
  return largestOf(array, start, end);
}

/** The place of the element that is nan or infinite, else of the largest. */
function largestOf(array, start = 0, end = array.length) {
  let best = start;
  let size = -1;
  for (let i = start; i < end; i++) {
    const x = Math.abs(Number(array[i]));
    if (!Number.isFinite(x)) return i;
    if (x > size) {
      best = i;
      size = x;
    }
  }
  return best;
}

/** The event that made a value. Of what was there before: at an event of its gradient, the one that
    made this gradient; else the first that speaks of it. */
function birthOf(id) {
  const { kind, about, inputs } = now();
  const arrives = about === id && ["accumulate", "grad"].includes(kind) ? inputs.grad : undefined;
  const born = [id, arrives].map((each) => VALUES[each]?.born ?? -1);
  const speaks = (event) =>
    [event.inputs, event.outputs].some((values) => Object.values(values).includes(id));
  return born.find((at) => at >= 0) ?? EVENTS.findIndex(speaks);
}

/* The address ---------------------------------------------------------------------------------- */

function address() {
  const parts = [`step=${state.at}`];
  if (state.chosen !== null) parts.push(`element=${state.chosen}`);
  if (state.tab !== "step") parts.push(`tab=${state.tab}`);
  return `#${parts.join("&")}`;
}

/** Write the address; in a frame that has none of its own that may be forbidden. */
function note() {
  try {
    if (location.hash !== address()) history.replaceState(null, "", address());
  } catch (error) {
    if (error.name !== "SecurityError") throw error;
  }
}

/** Go where the address says. */
function follow() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const at = Number.parseInt(asked.get("step") ?? "0", 10);
  state.at = Number.isNaN(at) ? 0 : Math.max(0, Math.min(LAST, at));
  const element = Number.parseInt(asked.get("element") ?? "", 10);
  state.chosen = Number.isNaN(element) ? null : element;
  state.tab = TABS.includes(asked.get("tab")) ? asked.get("tab") : "step";
  draw();
}
