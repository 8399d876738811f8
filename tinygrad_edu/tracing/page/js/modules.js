/* What the graph shows: the ops of a step, those of folded modules as one, and the edges. */

/** Prefixes of a module's path, outermost first: "a.b" gives "a" and "a.b". */
const prefixes = (path) => path.split(".").map((_, i, parts) => parts.slice(0, i + 1).join("."));

/** The forward events, step by step. */
const opsByStep = new Map();
for (const event of EVENTS) {
  if (event.kind !== "forward") continue;
  if (!opsByStep.has(event.step)) opsByStep.set(event.step, []);
  opsByStep.get(event.step).push(event);
}

/** The forward events of the step that an event belongs to; of the one before if it has none. */
function opsOf(event) {
  const steps = [...opsByStep.keys()];
  return opsByStep.get(steps.findLast((step) => step <= event.step) ?? steps[0]) || [];
}

/** The ops that became part of the graph, and those that lead to them; all, if none did. */
function inGraph(ops) {
  const wanted = new Set(); // values
  const kept = [...ops].reverse().filter((op) => {
    const leads =
      op.details.node !== undefined || Object.values(op.outputs).some((id) => wanted.has(id));
    if (leads) Object.values(op.inputs).forEach((id) => wanted.add(id));
    return leads;
  });
  return ops.some((op) => op.details.node !== undefined) ? kept.reverse() : ops;
}

/** The modules with more than one op: only to fold these makes sense. */
function groupsOf(ops) {
  const counts = new Map();
  for (const op of ops) {
    if (op.module) prefixes(op.module).forEach((p) => counts.set(p, (counts.get(p) || 0) + 1));
  }
  return new Set([...counts].filter(([, count]) => count > 1).map(([path]) => path));
}

const MANY = 44; // so many nodes are one picture
const AT_FIRST = 18; // so many can be read in a pane
const LITTLE = 5; // and fewer say little

/** Which modules are folded at first: none, or the innermost, until the picture is small; not so
    many that little is left of it. */
function foldedAtFirst(ops) {
  const groups = [...groupsOf(ops)];
  const depth = (path) => path.split(".").length;
  let before = null; // what is folded in the smallest picture until now, if it is small enough
  for (let deepest = Math.max(0, ...groups.map(depth)) + 1; deepest > 0; deepest--) {
    const folded = new Set(groups.filter((path) => depth(path) >= deepest));
    const count = new Set(ops.map((op) => nodeOf(op, folded))).size;
    if (count < LITTLE && before) return before;
    if (count <= AT_FIRST || deepest === 1) return folded;
    if (count <= MANY) before = folded;
  }
  return new Set();
}

/** The node that an op belongs to: its own, or that of the outermost folded module around it. */
function nodeOf(op, folded) {
  const module = op.module ? prefixes(op.module).find((path) => folded.has(path)) : undefined;
  return module === undefined ? `op ${op.index}` : `module ${module}`;
}

/** Of so many ops that no picture holds them, those around an event. */
function windowed(ops, event, folded) {
  if (ops.length <= 2 * MANY || new Set(ops.map((op) => nodeOf(op, folded))).size <= 2 * MANY)
    return ops;
  const at = ops.findLastIndex((op) => op.index <= (event.forward ?? event.index));
  const block = Math.floor(Math.max(at, 0) / MANY) * MANY;
  return ops.slice(Math.max(0, block - MANY / 3), block + (4 * MANY) / 3);
}

/** The nodes and edges to be drawn. */
function visible(event, folded) {
  const every = opsOf(event);
  const all = inGraph(every);
  const ops = windowed(all, event, folded);
  const nodes = new Map();
  const edges = new Map();
  const makers = new Map(ops.flatMap((op) => Object.values(op.outputs).map((id) => [id, op])));
  const uses = new Map();
  for (const op of ops) {
    const id = nodeOf(op, folded);
    if (!nodes.has(id)) nodes.set(id, { id, ops: [], parameters: [] });
    nodes.get(id).ops.push(op);
    for (const value of new Set(Object.values(op.inputs))) {
      if (!uses.has(value)) uses.set(value, new Set());
      uses.get(value).add(id);
    }
  }
  for (const op of ops) {
    const to = nodeOf(op, folded);
    for (const [name, value] of Object.entries(op.inputs)) {
      const maker = makers.get(value);
      let from = maker && maker.index < op.index ? nodeOf(maker, folded) : null;
      if (!from) {
        if (VALUES[value].kind === "parameter" && uses.get(value).size === 1) {
          const own = nodes.get(to).parameters;
          if (!own.includes(value)) own.push(value);
          continue;
        }
        from = `value ${value}`;
        if (!nodes.has(from)) nodes.set(from, { id: from, value, ops: [], parameters: [] });
      }
      const key = `${from}>${to}>${value}`;
      if (from === to) continue;
      if (!edges.has(key)) edges.set(key, { key, from, to, value, uses: [] });
      edges.get(key).uses.push([op.index, name]);
    }
  }
  return {
    nodes,
    edges,
    ops,
    all,
    aside: every.filter((op) => !all.includes(op)),
    key: [...nodes.keys()].join(),
  };
}

/** The derivative events that send a gradient along a use of a value, in order. */
const sent = new Map();
EVENTS.forEach((event) => {
  if (event.kind !== "derivative" && event.kind !== "broadcast") return;
  const key = `${event.forward} ${event.about}`;
  if (!sent.has(key)) sent.set(key, []);
  sent.get(key).push(event);
});

/** The derivative events for a value, in order. */
const gradientsFor = new Map();
EVENTS.forEach((event) => {
  if (event.kind !== "derivative" || event.about === undefined) return;
  if (!gradientsFor.has(event.about)) gradientsFor.set(event.about, []);
  gradientsFor.get(event.about).push(event);
});
const gradientsAlong = (edge) => edge.uses.flatMap(([op]) => sent.get(`${op} ${edge.value}`) || []);
