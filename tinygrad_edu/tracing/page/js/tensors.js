/* The tensors of an event: what it made, and what it made it from. */
const FEW = 8;

/** Of an optimizer's line: what it changes is shown as it was before. */
const before = ([vector], event) =>
  event.kind === "update" && vector in event.outputs ? "before" : "input";

/** What plays a part in an event: [role, name in the code, value]. */
function rolesOf(event) {
  const main = mainOutput(event);
  const rest = Object.entries(event.outputs).filter(([name]) => !main || name !== main[0]);
  const roles = [
    ...(main ? [["result", ...main]] : []),
    ...rest.map((pair) => ["result", ...pair]),
    ...Object.entries(event.inputs).map((pair) => [before(pair, event), ...pair]),
    ...Object.entries(event.saved)
      .filter(([name]) => !(name in event.inputs))
      .map((pair) => ["saved", ...pair]),
  ];
  const known = new Set(); // an optimizer has several names for a vector
  return roles.filter(([, , id]) => !known.has(id) && known.add(id));
}

function statistics({ summary: s, size }) {
  if (size === 1 && !s.nans && !s.infinities) return "";
  const parts =
    size - s.nans - s.infinities > 0
      ? [`${brief(s.minimum)} to ${brief(s.maximum)}`, `norm ${brief(s.norm)}`]
      : [];
  if (s.nans) parts.push(`${s.nans} nan`);
  if (s.infinities) parts.push(`${s.infinities} infinite`);
  return parts.join(" · ");
}

function tensorCard([role, name, id], event, why, main) {
  const value = VALUES[id];
  const part = event.details.parts && value.shape.length === 1 ? partOf(event) : null;
  const fits = part && part[2] <= value.size && value.size === event.details.parts.at(-1)[2];
  const place = fits ? { start: part[1], shape: part[3] } : {};
  const marks = main ? null : marksFor(id, event, why);
  const heat = heatmap(id, {
    ...place,
    width: roomFor(),
    marks,
    chosen: main ? why.chosen : fits ? why.chosen : null,
    pick: main ? choose : null,
  });
  if (heat) heat.canvas.dataset.role = `${role} ${name}`;
  const own = label(id) === name ? "" : label(id);
  const one = elements(id) && value.size === 1 ? exact(elements(id)[0], value.dtype) : "";
  const narrow =
    !main &&
    heat &&
    heat.state.cells.columns * heat.state.across < 0.48 * roomFor() &&
    value.size > 1;
  return h(
    "article",
    {
      class: `tensor ${role}${main ? " main" : ""}${narrow ? " half" : ""}`,
      "data-value": String(id),
    },
    h(
      "header",
      {},
      h("span", { class: `role ${role}` }, role),
      h("b", { class: "name" }, name),
      h("span", { class: "own" }, own),
      h("span", { class: "tensor-shape" }, `${shapeText(value.shape)} ${value.dtype}`),
    ),
    one
      ? h("p", { class: "one" }, one)
      : heat
        ? h("div", { class: "wide" }, heat.canvas)
        : absent(value),
    h(
      "footer",
      {},
      h("span", { class: "reading", "aria-live": "polite" }, statistics(value)),
      sliceTools(heat),
      jumps(id, event),
    ),
  );
}

/** The elements of a value that the chosen one is made of, whatever the formula calls it. */
function marksFor(id, event, why) {
  const names = Object.entries({ ...event.saved, ...event.inputs }).filter(
    ([, value]) => value === id,
  );
  return names.map(([each]) => why.marks.get(each)).find(Boolean) || null;
}

function absent(value) {
  if (!value.size) return h("p", { class: "soft" }, "It is empty: no numbers.");
  if (value.kept)
    return h("p", { class: "soft" }, `${value.size} numbers: more than the page holds.`);
  return h(
    "p",
    { class: "soft" },
    `${value.size} numbers, of which the trace has only kept what is ` + "said below. ",
    code(`--largest ${value.size}`),
    " keeps them.",
  );
}

function sliceTools(heat) {
  if (!heat || heat.state.cells.slices < 2) return null;
  const { cells, shape } = heat.state;
  const index = unflat(cells.slice, shape.slice(0, -2));
  return h(
    "span",
    { class: "slices" },
    button("‹", () => slide(heat.state, -1), { "aria-label": "Previous matrix", class: "tiny" }),
    `[${index.join(", ")}, :, :]`,
    button("›", () => slide(heat.state, 1), { "aria-label": "Next matrix", class: "tiny" }),
  );
}

function jumps(id, event) {
  const links = [];
  const to = (text, at, title) => {
    if (at >= 0 && at !== event.index)
      links.push(button(text, () => go(at), { class: "jump", title }));
  };
  to("born", birthOf(id), "Go to the event that made it");
  const whose = VALUES[id].kind === "gradient" ? -1 : gradientOf(id);
  to("gradient", whose, "Go to where its gradient is complete");
  return h("span", { class: "jumps" }, links);
}

const roomFor = () => Math.max(220, (by("tensors").clientWidth || 320) - 2);

/** Which parameter's part of an optimizer's vectors is shown. */
function partTool(event) {
  const parts = event.details.parts;
  if (!parts || parts.length < 2) return "";
  const shown = partOf(event)[0];
  return h(
    "label",
    { class: "part" },
    h("span", { class: "soft" }, "of "),
    h(
      "select",
      {
        "aria-label": "Parameter",
        onchange: (change) => {
          state.part = change.target.value;
          state.chosen = null;
          draw();
        },
      },
      parts.map(([name]) => h("option", { value: name, selected: name === shown }, name)),
    ),
  );
}

function drawTensors(event) {
  const roles = rolesOf(event);
  const why = explained(event);
  const main = mainOutput(event);
  const few = event.kind === "zero_grad" ? FEW : 40;
  const cards = roles
    .slice(0, few)
    .map((role, i) => tensorCard(role, event, why, main !== null && i === 0));
  if (roles.length > few) cards.push(h("p", { class: "soft" }, `and ${roles.length - few} more.`));
  by("tensors").replaceChildren(...cards);
  by("tensor-tools").replaceChildren(partTool(event));
}

onDraw(drawTensors);
