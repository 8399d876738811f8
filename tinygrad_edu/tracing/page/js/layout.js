/* Where the nodes of the graph stand: dagre lays them out, without clusters. */
const LINE = 19;
const ROOM = document.createElement("canvas").getContext("2d");

function widthOf(text, bold) {
  ROOM.font = `${bold ? 600 : 400} 12.5px system-ui, sans-serif`;
  return ROOM.measureText(text).width;
}
const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/** The texts of a node: a heading, what stands beside it, and lines for its parameters. */
function textsOf(node) {
  if (node.value !== undefined) {
    const value = VALUES[node.value];
    return { head: cut(label(node.value), 24), side: shapeText(value.shape), lines: [] };
  }
  const folded = node.id.startsWith("module ");
  if (folded) {
    const path = node.id.slice(7);
    const count = node.parameters.reduce((sum, id) => sum + VALUES[id].size, 0);
    const lines = [`${node.ops.length} ops${count ? `, ${count} parameters` : ""}`];
    return { head: cut(path, 26), side: "", lines, folded };
  }
  const [op] = node.ops;
  const own = op.module ? op.module.split(".").pop() : "";
  const main = mainOutput(op);
  return {
    head: cut(op.title, 26),
    own: cut(own, 20),
    side: main ? shapeText(VALUES[main[1]].shape) : "",
    lines: [],
    chips: node.parameters.map((id) => ({
      id,
      name: cut(VALUES[id].name.split(".").pop(), 14),
      shape: shapeText(VALUES[id].shape),
    })),
  };
}

function measured(node) {
  const texts = textsOf(node);
  const head = widthOf(texts.head, true) + (texts.side ? widthOf(texts.side) + 14 : 0);
  const rows = [
    ...texts.lines.map((line) => widthOf(line)),
    ...(texts.chips || []).map((chip) => widthOf(`${chip.name}${chip.shape}`) + 62),
    texts.own ? widthOf(texts.own) : 0,
  ];
  const width = Math.max(64, head, ...rows) + 24;
  const lines = 1 + texts.lines.length + (texts.chips || []).length + (texts.own ? 1 : 0);
  return { ...node, texts, width: Math.ceil(width), height: lines * LINE + 13 };
}

/** Positions of all nodes and the points of all edges. */
function laidOut(shown) {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({
    rankdir: "TB",
    nodesep: 26,
    ranksep: 40,
    edgesep: 18,
    marginx: 16,
    marginy: 16,
  });
  graph.setDefaultEdgeLabel(() => ({}));
  const nodes = new Map([...shown.nodes.values()].map((node) => [node.id, measured(node)]));
  for (const node of nodes.values()) {
    graph.setNode(node.id, { width: node.width, height: node.height });
  }
  for (const edge of shown.edges.values()) graph.setEdge(edge.from, edge.to, {}, edge.key);
  dagre.layout(graph);
  for (const node of nodes.values()) Object.assign(node, pick(graph.node(node.id)));
  const edges = [...shown.edges.values()].map((edge) => ({
    ...edge,
    points: graph.edge(edge.from, edge.to, edge.key).points,
  }));
  const { width = 0, height = 0 } = graph.graph();
  return { nodes, edges, width: Math.max(width, 1), height: Math.max(height, 1) };
}
const pick = ({ x, y }) => ({ x, y });

/** A smooth line through points, moved aside by `aside`. */
function curve(points, aside) {
  const moved = points.map((point, i) => {
    const a = points[Math.max(0, i - 1)];
    const b = points[Math.min(points.length - 1, i + 1)];
    const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
    return [point.x + (aside * (b.y - a.y)) / length, point.y - (aside * (b.x - a.x)) / length];
  });
  const text = ([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`;
  let path = `M${text(moved[0])}`;
  for (let i = 1; i < moved.length - 1; i++) {
    const middle = [(moved[i][0] + moved[i + 1][0]) / 2, (moved[i][1] + moved[i + 1][1]) / 2];
    path += `Q${text(moved[i])} ${text(i === moved.length - 2 ? moved[i + 1] : middle)}`;
  }
  return moved.length > 2 ? path : `${path}L${text(moved[moved.length - 1])}`;
}

/** Around the nodes of each unfolded module a frame, if no other node stands in it.

    A tensor that no op has made, and that one op uses, is moved aside if it is in the way. */
function frames(layout, groups, folded) {
  const { nodes } = layout;
  const found = [];
  for (const path of [...groups].sort((a, b) => a.length - b.length)) {
    if (prefixes(path).some((prefix) => folded.has(prefix))) continue;
    const inside = (node) =>
      node.ops.length &&
      node.ops.every((op) => op.module === path || op.module.startsWith(`${path}.`));
    const own = [...nodes.values()].filter(inside);
    if (own.length < 2) continue;
    const pad = 9;
    const box = {
      path,
      left: Math.min(...own.map((n) => n.x - n.width / 2)) - pad,
      right: Math.max(...own.map((n) => n.x + n.width / 2)) + pad,
      top: Math.min(...own.map((n) => n.y - n.height / 2)) - pad - 14,
      bottom: Math.max(...own.map((n) => n.y + n.height / 2)) + pad,
    };
    const apart = (n) =>
      inside(n) ||
      n.x + n.width / 2 < box.left ||
      n.x - n.width / 2 > box.right ||
      n.y + n.height / 2 < box.top ||
      n.y - n.height / 2 > box.bottom;
    for (const node of nodes.values()) {
      if (!apart(node) && node.value !== undefined) aside(node, box, layout);
    }
    found.push({ ...box, clear: [...nodes.values()].every(apart) });
  }
  return found;
}

/** Put a tensor to the right of a frame, if nothing else is there. */
function aside(node, box, layout) {
  const out = layout.edges.filter((edge) => edge.from === node.id);
  const x = box.right + 12 + node.width / 2;
  const taken = [...layout.nodes.values()].some(
    (n) =>
      n !== node &&
      Math.abs(n.x - x) < (n.width + node.width) / 2 + 8 &&
      Math.abs(n.y - node.y) < (n.height + node.height) / 2 + 8,
  );
  if (out.length !== 1 || taken) return;
  node.x = x;
  const end = out[0].points.at(-1);
  const below = node.y + node.height / 2;
  out[0].points = [{ x, y: below }, { x, y: below + (end.y - below) * 0.6 }, end];
  layout.width = Math.max(layout.width, x + node.width / 2 + 16);
}
