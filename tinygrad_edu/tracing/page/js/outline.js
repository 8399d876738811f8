/* The events as a tree, as on the terminal: training steps, their phases, calls of modules, units. A
   unit is a call of an op, or all that is done for a node of the backward pass. */
const OF_A_NODE = ["derivative", "broadcast", "accumulate"];

/** Whether an event belongs to the unit of the one before it. */
function sameUnit(before, event) {
  if (!OF_A_NODE.includes(event.kind) || ![...OF_A_NODE, "seed"].includes(before.kind))
    return false;
  const same = before.forward === event.forward;
  if (event.kind !== "derivative") return same;
  return same && before.kind === "derivative" && before.title === event.title;
}

/** By event, its path: the step, the phase, the modules with the numbers of their calls, the unit. */
const PATHS = [];
const cameFrom = new Map(); // by value, the module and the call that its gradient came from
EVENTS.forEach((event, at) => {
  let { module } = event;
  let call = event.kind === "forward" ? at : event.forward;
  if (event.kind === "accumulate") cameFrom.set(event.about, [module, call]);
  else if (event.kind === "grad") [module, call] = cameFrom.get(event.about) || [""];
  if (at && sameUnit(EVENTS[at - 1], event)) {
    PATHS.push(PATHS[at - 1]);
    return;
  }
  const running = new Map(EVENTS[call]?.details.running);
  const names = module ? module.split(".") : [];
  const calls = names.map(
    (name, n) => `${name} ${running.get(names.slice(0, n + 1).join(".")) || 0}`,
  );
  PATHS.push([`${event.step}`, phaseOf(event), ...calls, `${at}`]);
});

/** The first event before or behind the group that an event is in, down to a depth of its path. */
function endOfGroup(at, depth, direction) {
  const here = PATHS[at].slice(0, depth);
  while (PATHS[at] && here.every((part, n) => part === PATHS[at][n])) at += direction;
  return at;
}

/** Past the call of a module that is running, or the step of an optimizer; where none is running,
    past the unit. Back to the first event of what lies before. */
function over(direction) {
  const least = now().kind === "update" ? 2 : 3;
  const depth = Math.max(PATHS[state.at].length - 1, least);
  let at = endOfGroup(state.at, depth, direction);
  if (direction < 0 && at >= 0) at = endOfGroup(at, depth, direction) + 1;
  return at > LAST ? state.at : Math.max(0, at);
}
