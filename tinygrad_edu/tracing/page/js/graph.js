/* The graph: forward and backward in one picture. Down each edge goes a value, up it comes a
   gradient, as wide and as coloured as it is large. */
const drawn = { key: null, layout: null, parts: null };
let focused = null; // the node that Tab leads to

/** How large a gradient is beside the others, from 0 to 1, by its logarithm. */
function scaleOf(ops) {
  const indices = new Set(ops.map((op) => op.index));
  const sizes = [...gradientsFor.values()]
    .flat()
    .filter((e) => indices.has(e.forward))
    .map((e) => magnitude(VALUES[Object.values(e.outputs)[0]]))
    .filter((x) => x > 0);
  const low = sizes.reduce((a, b) => Math.min(a, b), Infinity);
  const high = sizes.reduce((a, b) => Math.max(a, b), 0);
  const span = Math.log(high / low) || 1;
  return { low, high, of: (x) => (x > 0 ? Math.max(0, Math.min(1, Math.log(x / low) / span)) : 0) };
}

function foldOrUnfold(path) {
  if (state.folded.has(path)) state.folded.delete(path);
  else state.folded.add(path);
  draw();
}

function drawGraph(event) {
  const ops = inGraph(opsOf(event));
  const step = ops.length ? ops[0].step : -1;
  if (state.folded === null) state.folded = foldedAtFirst(ops);
  const shown = visible(event, state.folded);
  const key = `${step}|${shown.key}|${[...state.folded].join()}`;
  if (key !== drawn.key) {
    drawn.layout = laidOut(shown);
    drawn.scale = scaleOf(shown.all);
    drawn.groups = groupsOf(shown.all);
    drawn.key = key;
    build(shown);
  }
  light(event);
}

function build(shown) {
  const boxes = frames(drawn.layout, drawn.groups, state.folded);
  const { nodes, edges, width, height } = drawn.layout;
  drawn.parts = { nodes: new Map(), edges: [], chips: [] };
  const label = `Graph of ${shown.ops.length} ops`;
  const picture = svg(
    "svg",
    {
      viewBox: `0 0 ${width} ${height}`,
      role: "group",
      "aria-label": label,
      style: { "--natural": `${width}px` },
    },
    svg("defs", {}, marker("arrow-forward"), marker("arrow-backward")),
    boxes.map(frame),
    edges.map(edgePart),
    [...nodes.values()].map(nodePart),
  );
  by("graph").replaceChildren(
    shown.ops.length ? picture : h("p", { class: "soft" }, "No op was called here."),
  );
  zoom();
  const left = shown.all.length - shown.ops.length;
  const remarks = [
    left > 0 ? `Of ops that are farther away ${left} are not drawn.` : "",
    shown.aside.length ? `Not drawn, as no gradient comes of it: ${asideText(shown.aside)}.` : "",
  ].filter(Boolean);
  by("legend").replaceChildren(
    ...legend(),
    ...remarks.map((text) => h("p", { class: "soft remark" }, text)),
  );
  tools();
}

/** Which ops are not drawn: the first of them, and at which event each was called. */
function asideText(ops) {
  const most = 3;
  const named = ops.slice(0, most).map((op) => `${op.title} at ${op.index}`);
  if (ops.length > most) named.push(`${ops.length - most} more`);
  return enumerated(named).flat().join("");
}

const marker = (id) =>
  svg(
    "marker",
    {
      id,
      viewBox: "0 0 8 8",
      refX: 6,
      refY: 4,
      markerWidth: 7,
      markerHeight: 7,
      orient: "auto",
      markerUnits: "userSpaceOnUse",
    },
    svg("path", { d: "M0 0.8 7 4 0 7.2z" }),
  );

function frame(box) {
  if (!box.clear) return null;
  return svg(
    "g",
    { class: "frame" },
    svg("rect", {
      x: box.left,
      y: box.top,
      width: box.right - box.left,
      height: box.bottom - box.top,
      rx: 12,
    }),
    svg("text", { x: box.left + 10, y: box.top + 15 }, box.path),
  );
}

/** The last two parts of a module's path. */
const endOf = (path) => path.replace(/^.*\.([^.]*\.[^.]*)$/, "…$1");

/** Buttons that fold and unfold modules. */
function tools() {
  const groups = [...drawn.groups].filter(
    (path) =>
      !prefixes(path)
        .slice(0, -1)
        .some((prefix) => state.folded.has(prefix)),
  );
  const buttons = groups.slice(0, 12).map((path) => {
    const open = !state.folded.has(path);
    return button(
      [h("span", { "aria-hidden": "true" }, open ? "−" : "+"), " ", endOf(path)],
      () => foldOrUnfold(path),
      { class: "chip", title: path, "aria-label": path, "aria-expanded": String(open) },
    );
  });
  by("graph-tools").replaceChildren(...buttons);
}

function edgePart(edge) {
  const points = edge.points;
  const forward = svg("path", {
    class: "forward",
    d: curve(points, 0),
    "marker-end": "url(#arrow-forward)",
  });
  const gradients = gradientsAlong(edge);
  const reversed = [...points].reverse();
  const backward = gradients.length
    ? svg(
        "path",
        { class: "backward", d: curve(reversed, 8), "marker-end": "url(#arrow-backward)" },
        svg("title", {}, `gradient of ${label(edge.value)}`),
      )
    : null;
  drawn.parts.edges.push({ edge, forward, backward, gradients });
  return svg("g", { class: "edge" }, forward, backward);
}

function nodePart(node) {
  const { texts, width, height } = node;
  const left = -width / 2 + 12;
  const right = width / 2 - 12;
  let line = -height / 2 + LINE + 1;
  const rows = [
    svg("text", { class: "node-head", x: left, y: line }, texts.head),
    svg("text", { class: "side", x: right, y: line }, texts.side),
  ];
  if (texts.own) rows.push(svg("text", { class: "own", x: left, y: (line += LINE) }, texts.own));
  for (const text of texts.lines)
    rows.push(svg("text", { class: "own", x: left, y: (line += LINE) }, text));
  for (const chip of texts.chips || []) {
    line += LINE;
    const bar = svg("rect", {
      class: "norm-bar",
      x: right - 38,
      y: line - 9,
      width: 0,
      height: 8,
      rx: 2,
    });
    drawn.parts.chips.push({ id: chip.id, bar });
    rows.push(
      svg(
        "g",
        { class: "parameter" },
        svg(
          "text",
          { x: left, y: line },
          chip.name,
          svg("tspan", { class: "node-shape", dx: 6 }, chip.shape),
        ),
        svg("rect", { class: "track", x: right - 38, y: line - 9, width: 38, height: 8, rx: 2 }),
        bar,
      ),
    );
  }
  const kind =
    node.value === undefined
      ? texts.folded
        ? "folded"
        : "op"
      : `value ${VALUES[node.value].kind}`;
  const part = svg(
    "g",
    {
      class: `node ${kind}`,
      transform: `translate(${node.x} ${node.y})`,
      role: "button",
      tabindex: "-1",
      "aria-label": spoken(node),
      "data-node": node.id,
      onclick: () => openNode(node),
      onkeydown: (key) => nodeKey(key, node),
    },
    svg("rect", {
      class: "box",
      x: -width / 2,
      y: -height / 2,
      width,
      height,
      rx: node.value === undefined ? 8 : height / 2,
    }),
    rows,
  );
  drawn.parts.nodes.set(node.id, { node, part });
  return part;
}

/** A node's text in one line. */
function spoken({ texts }) {
  const chips = (texts.chips || []).map(({ name, shape }) => `${name} ${shape}`);
  const parts = [texts.head, texts.side, texts.own, ...texts.lines, ...chips];
  return [...parts, texts.folded ? "folded" : ""].filter(Boolean).join(", ");
}

/** To the op's forward event, or, if one is there, to its derivative; folded modules unfold. */
function openNode(node) {
  focused = node.id;
  if (node.texts.folded) foldOrUnfold(node.id.slice(7));
  else if (node.value === undefined) {
    const [op] = node.ops;
    const derivative = EVENTS.find((e) => e.kind === "derivative" && e.forward === op.index);
    go(state.at === op.index && derivative ? derivative.index : op.index);
  } else {
    const gradient = gradientOf(node.value);
    if (gradient >= 0) go(gradient);
    else go(EVENTS.findIndex((e) => Object.values(e.inputs).includes(node.value)));
  }
  drawn.parts.nodes.get(focused)?.part.focus({ preventScroll: true });
}

function nodeKey(key, node) {
  const all = [...drawn.parts.nodes.values()].sort(
    (a, b) => a.node.y - b.node.y || a.node.x - b.node.x,
  );
  const at = all.findIndex((each) => each.node.id === node.id);
  const next = { ArrowDown: all[at + 1], ArrowUp: all[at - 1] }[key.key];
  if (next) {
    focused = next.node.id;
    light(now());
    revealNow(now());
    next.part.focus();
  } else if (key.key === "Enter") openNode(node);
  else if (key.key === "c" || key.key === "C") {
    const path =
      node.ops[0]?.module && prefixes(node.ops[0].module).findLast((p) => drawn.groups.has(p));
    if (path) foldOrUnfold(path);
  } else if (!["ArrowDown", "ArrowUp"].includes(key.key)) return;
  key.preventDefault();
  key.stopPropagation();
}

onDraw(drawGraph);
afterDraw(revealNow);
