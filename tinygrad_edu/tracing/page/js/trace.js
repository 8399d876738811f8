/* The trace: its events and values, and what one asks of them. */
const BYTES = await unpacked(by("trace").textContent);
const END = BYTES.indexOf("\n".charCodeAt(0)); // JSON has no line's end; arrays are behind it
const DATA = JSON.parse(new TextDecoder().decode(BYTES.subarray(0, END)));
const EVENTS = DATA.events;
const VALUES = DATA.values;
const LAST = EVENTS.length - 1;
const arrays = new Map();

EVENTS.forEach((event, index) => {
  event.index = index;
  for (const name of ["inputs", "outputs", "saved", "options", "details"]) event[name] ??= {};
  event.module ??= "";
  event.step ??= 0;
});
VALUES.forEach((value, id) => {
  value.id = id;
  value.size = sizeOf(value.shape);
  const [minimum, maximum, mean, norm, nans, infinities] = value.summary.map(real);
  value.summary = { minimum, maximum, mean, norm, nans, infinities };
});

const KINDS = {
  forward: "forward",
  seed: "backward",
  derivative: "backward",
  broadcast: "backward",
  accumulate: "backward",
  hook: "backward",
  grad: "backward",
  update: "update",
  zero_grad: "other",
};
const phaseOf = (event) => KINDS[event.kind];

/** Why the engine cannot be asked for more; "" if it can. */
const cannotRun = () => DATA.fromFile && `${DATA.fromFile[0].toUpperCase()}${DATA.fromFile.slice(1)}.`;

/** The elements of a value; null if they were not kept. */
function elements(id) {
  const place = VALUES[id].array;
  if (place === null) return null;
  if (!arrays.has(place)) {
    const [form, offset, count] = DATA.arrays[place];
    arrays.set(place, new FORMS[form](BYTES.buffer, END + 1 + offset, count));
  }
  return arrays.get(place);
}

/** How large the numbers of a value are: the root of their mean square. */
const magnitude = (value) => (value.size ? value.summary.norm / Math.sqrt(value.size) : 0);
const odd = (value) => value.summary.nans + value.summary.infinities > 0;

/** The last part of an op's module, if the op is all that this module does. */
const opsIn = new Map();
for (const { kind, step, module } of EVENTS) {
  const key = `${step} ${module}`;
  if (kind === "forward" && module) opsIn.set(key, (opsIn.get(key) || 0) + 1);
}
const ownModule = ({ step, module }) =>
  opsIn.get(`${step} ${module}`) === 1 ? module.split(".").pop() : "";

/** What a value is called. */
function label(id) {
  const value = VALUES[id];
  if (value.called) return value.called.replace("'s ", "’s ");
  if (value.kind === "gradient") {
    return value.of === null ? "a gradient" : `gradient of ${label(value.of)}`;
  }
  const maker = EVENTS[value.born];
  if (maker && maker.kind === "forward") return `${ownModule(maker) || maker.title}’s result`;
  return { input: "a tensor", leaf: "a leaf", state: "a vector" }[value.kind] || value.kind;
}

/** The name and the value that an event is about first of all: what it has made. */
function mainOutput(event) {
  const entries = Object.entries(event.outputs);
  if (event.kind !== "update") return entries[0] || null;
  const to = event.formula === undefined ? "" : DATA.formulas[event.formula].to;
  const same = event.inputs[to]; // the algorithm's own name for a vector of the state
  const found =
    entries.find(([name]) => name === to) ||
    (same !== undefined && entries.find(([name]) => event.inputs[name] === same));
  if (found) return found;
  const size = ([name, id]) => (name === "scratch" ? -1 : VALUES[id].size);
  return entries.reduce((best, each) => (!best || size(each) > size(best) ? each : best), null);
}

/** The value whose gradient an event is about, else the one it has made. */
function subject(event) {
  if (event.about !== undefined) return event.about;
  const main = mainOutput(event);
  return main ? main[1] : (Object.values(event.inputs)[0] ?? null);
}

/** The line of the user's that an event belongs to: its own, or that of the backward pass. */
function placeOf(event) {
  for (let at = event.index; at >= 0; at--) {
    if (at === event.index || EVENTS[at].kind === "seed") {
      if (EVENTS[at].place) return EVENTS[at].place;
    }
  }
  return null;
}

/** The contributions to the gradient of a value, in the backward pass that an event belongs to. */
function ledger(about, event) {
  let begin = event.index;
  while (begin > 0 && EVENTS[begin].kind !== "seed") begin--;
  let end = event.index + 1;
  while (end <= LAST && EVENTS[end].kind !== "seed") end++;
  const all = EVENTS.filter((e) => e.kind === "accumulate" && e.about === about);
  const within = ({ index }) => index >= begin && index < end;
  // A pass within this one has a seed, too: the contributions before and behind it count on.
  let first = all.findIndex(within);
  let last = all.findLastIndex(within);
  if (first < 0) return [];
  while (first > 0 && all[first - 1].details.k < all[first].details.k) first--;
  while (last + 1 < all.length && all[last + 1].details.k > all[last].details.k) last++;
  return all.slice(first, last + 1);
}

/** The event that made a value, and the one at which its gradient was complete; -1 if none. */
const completed = new Map(
  EVENTS.filter(
    (event) => event.about !== undefined && ["grad", "accumulate", "hook", "seed"].includes(event.kind),
  ).map((event) => [event.about, event.index]),
);
function gradientOf(id) {
  return completed.get(id) ?? -1;
}

/** Whether an event has made something that is nan or infinite. */
const makesOdd = (event) => Object.values(event.outputs).some((id) => odd(VALUES[id]));
