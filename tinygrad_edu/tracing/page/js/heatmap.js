/* A tensor as coloured cells, with the number of a cell on hover, and for the keyboard. */
const slices = new Map(); // by value, which matrix of a tensor of more than two axes is shown
const cursors = new Map(); // by value, the element that was last looked at
const CELL = { least: 3, most: 22, numbers: 54 };

/** The colours of the theme that is shown, as [r, g, b]. */
function palette() {
  const style = getComputedStyle(document.body);
  const rgb = (name) => {
    const text = style.getPropertyValue(name).trim();
    return [1, 3, 5].map((i) => Number.parseInt(text.slice(i, i + 2), 16));
  };
  return {
    below: rgb("--heat-below"),
    zero: rgb("--heat-zero"),
    above: rgb("--heat-above"),
    odd: style.getPropertyValue("--bad").trim(),
    ink: style.getPropertyValue("--ink").trim(),
    page: style.getPropertyValue("--panel").trim(),
    mark: style.getPropertyValue("--lit-line").trim(),
  };
}

/** How the elements `start` to `end` are spread out: rows and columns, and which are shown. */
function grid(id, shape, start, width) {
  const rank = shape.length;
  const count = sizeOf(shape);
  if (rank < 2 || count === shape[rank - 2]) {
    // a vector, or a column: in lines, as text is
    const readable = Math.max(1, Math.floor((width - 2) / CELL.numbers));
    const columns =
      count <= 8 * readable ? Math.min(Math.max(count, 1), readable) : Math.min(count, 32);
    return { rows: Math.ceil(count / columns), columns, from: start, count, slices: 1, slice: 0 };
  }
  const [rows, columns] = shape.slice(-2);
  const number = sizeOf(shape.slice(0, -2));
  const slice = Math.min(slices.get(id) || 0, Math.max(number - 1, 0));
  return {
    rows,
    columns,
    from: start + slice * rows * columns,
    count: number ? rows * columns : 0,
    slices: number,
    slice,
  };
}

/** The size of a cell. */
function cellOf({ rows, columns }, width) {
  const across = Math.floor((width - 2) / columns);
  if (across >= CELL.numbers)
    return [Math.min(across, 72), Math.max(16, Math.min(CELL.most, 260 / rows))];
  const side = Math.max(CELL.least, Math.min(CELL.most, across, Math.floor(300 / rows)));
  return [side, side];
}

/** A heatmap of a value, or of a part of it.

    `options`: shape and start of the part, chosen (flat within the whole), marks (a Set of flat
    numbers that have a frame), pick (called with the element that is clicked). */
function heatmap(id, options = {}) {
  const value = VALUES[id];
  const array = elements(id);
  const { start = 0, shape = value.shape, chosen = null, marks = null, pick = null } = options;
  if (!array || !sizeOf(shape)) return null;
  if (chosen !== null && shape.length > 2) {
    slices.set(id, Math.floor((chosen - start) / (shape.at(-1) * shape.at(-2))));
  }
  const cells = grid(id, shape, start, options.width);
  const [across, down] = cellOf(cells, options.width);
  const canvas = h("canvas", {
    tabindex: "0",
    role: "application",
    "aria-roledescription": "heatmap",
    "aria-label": `${label(id)}, ${shapeText(shape)} numbers; the arrow keys choose one`,
  });
  const state = { id, array, shape, start, cells, across, down, canvas, chosen, marks, pick };
  paint(state);
  listen(state);
  return { canvas, state };
}

function paint({ array, shape, start, cells, across, down, canvas, chosen, marks }) {
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  const [width, height] = [cells.columns * across, cells.rows * down];
  canvas.width = Math.ceil(width * ratio);
  canvas.height = Math.ceil(height * ratio);
  canvas.style.setProperty("width", `${width}px`);
  canvas.style.setProperty("height", `${height}px`);
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  const colours = palette();
  const most = largestIn(array, start, start + sizeOf(shape)) || 1;
  const gap = across > 6 && down > 6 ? 1 : 0;
  context.font = "11px ui-monospace, 'DejaVu Sans Mono', monospace";
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let n = 0; n < cells.count; n++) {
    const x = Number(array[cells.from + n]);
    const [left, top] = [(n % cells.columns) * across, Math.floor(n / cells.columns) * down];
    const t = Number.isFinite(x) ? Math.sqrt(Math.min(1, Math.abs(x) / most)) : 0;
    const end = x < 0 ? colours.below : colours.above;
    const mixed = colours.zero.map((c, i) => Math.round(c + t * (end[i] - c)));
    context.fillStyle = Number.isFinite(x) ? `rgb(${mixed.join()})` : colours.odd;
    context.fillRect(left, top, across - gap, down - gap);
    if (across >= CELL.numbers) {
      context.fillStyle =
        0.299 * mixed[0] + 0.587 * mixed[1] + 0.114 * mixed[2] > 140 ? "#10141a" : "#f6f7f9";
      context.fillText(fitting(array[cells.from + n], across), left + across / 2, top + down / 2);
    }
  }
  const outline = (flat, width, colour) => {
    const n = flat - cells.from;
    if (n < 0 || n >= cells.count) return;
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.strokeRect(
      (n % cells.columns) * across + width / 2 - gap / 2,
      Math.floor(n / cells.columns) * down + width / 2 - gap / 2,
      across - width,
      down - width,
    );
  };
  if (marks && marks.size < cells.count)
    for (const flat of marks) outline(flat, across > 6 ? 1.5 : 1, colours.mark);
  if (chosen !== null) {
    outline(chosen, across > 6 ? 3.5 : 2, colours.page);
    outline(chosen, across > 6 ? 2 : 1, colours.ink);
  }
}

/** The largest of the finite elements, without its sign. */
function largestIn(array, start, end) {
  let most = 0;
  for (let i = start; i < end; i++) {
    const x = Math.abs(Number(array[i]));
    if (x > most && Number.isFinite(x)) most = x;
  }
  return most;
}

/** A number in as many digits as a cell has room for. */
function fitting(x, width) {
  const text = brief(x, 3);
  return text.length * 6.7 > width - 3 ? brief(x, 2) : text;
}

/** The element under a point; null beside them. */
function elementAt({ cells, across, down }, x, y) {
  const [column, row] = [Math.floor(x / across), Math.floor(y / down)];
  const n = row * cells.columns + column;
  const inside = column >= 0 && column < cells.columns && row >= 0 && n < cells.count;
  return inside ? cells.from + n : null;
}

/** The index and the number of an element: "[3, 4] = 0.25". */
function elementText({ id, array, shape, start }, flat) {
  return `${indexText(unflat(flat - start, shape))} = ${exact(array[flat], VALUES[id].dtype)}`.trim();
}

function listen(heat) {
  const { canvas, id } = heat;
  canvas.addEventListener("pointermove", (event) => {
    const flat = elementAt(heat, event.offsetX, event.offsetY);
    if (flat === null) hideTip();
    else showTip(elementText(heat, flat), event.clientX, event.clientY);
  });
  canvas.addEventListener("pointerleave", hideTip);
  canvas.addEventListener("click", (event) => {
    const flat = elementAt(heat, event.offsetX, event.offsetY);
    if (flat !== null) settle(heat, flat);
  });
  canvas.addEventListener("keydown", (key) => {
    const { cells } = heat;
    const at = (heat.chosen ?? cursors.get(id) ?? cells.from) - cells.from;
    const moves = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -cells.columns,
      ArrowDown: cells.columns,
    };
    if (key.key === "Escape") canvas.blur();
    else if (key.key === "PageDown" || key.key === "PageUp")
      slide(heat, key.key === "PageDown" ? 1 : -1);
    else if (key.key in moves && !key.shiftKey && !key.altKey && !key.ctrlKey && !key.metaKey) {
      const next = at + moves[key.key];
      if (next >= 0 && next < cells.count) settle(heat, cells.from + next);
    } else return;
    key.preventDefault();
    key.stopPropagation();
  });
}

/** An element is chosen: of the main output for all of the page, of others to be read. */
function settle(heat, flat) {
  const { canvas, id, pick } = heat;
  const role = canvas.dataset.role;
  cursors.set(id, flat);
  if (pick) pick(flat);
  else {
    heat.chosen = flat;
    paint(heat);
    const line = canvas.closest(".tensor")?.querySelector(".reading");
    if (line) line.textContent = elementText(heat, flat);
  }
  document
    .querySelector(`#tensors canvas[data-role="${CSS.escape(role)}"]`)
    ?.focus({ preventScroll: true });
}

/** Another matrix of a tensor of more than two axes. */
function slide(heat, by) {
  const to = heat.cells.slice + by;
  if (to < 0 || to >= heat.cells.slices) return;
  slices.set(heat.id, to);
  if (heat.pick) heat.pick(heat.start + to * heat.cells.rows * heat.cells.columns);
  else draw();
}

function showTip(text, x, y) {
  const tip = by("tip");
  tip.textContent = text;
  tip.hidden = false;
  const left = Math.min(x + 14, window.innerWidth - tip.offsetWidth - 8);
  tip.style.setProperty("left", `${Math.max(8, left)}px`);
  tip.style.setProperty(
    "top",
    `${y + 18 + tip.offsetHeight > window.innerHeight ? y - 34 : y + 18}px`,
  );
}
function hideTip() {
  by("tip").hidden = true;
}
