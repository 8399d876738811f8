/* A chart of lines. */
const HUES = 8;

/** Round numbers between two, about five of them. */
function ticks(low, high) {
  const raw = (high - low || Math.abs(high) || 1) / 4;
  const unit = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((n) => n * unit).find((n) => n >= raw);
  const found = [];
  for (let x = Math.ceil(low / step) * step; x <= high + step * 1e-9; x += step) found.push(x);
  return found;
}

/** Round numbers between two powers of ten: 1, 2, 5, 10, ..., or fewer. */
function decades(low, high) {
  const firsts = high - low > 4 ? [1] : [1, 2, 5];
  const found = [];
  for (let n = Math.floor(low); n <= high; n++)
    found.push(...firsts.map((first) => first * 10 ** n));
  return found.filter((x) => Math.log10(x) >= low && Math.log10(x) <= high);
}

/** `series`: [{name, points: [[x, y]]}]; with `logarithmic` only y > 0 is drawn. */
function lineChart(
  series,
  { about, logarithmic = false, width = 900, height = 280, xName = "step", marked = new Set() },
) {
  const put = logarithmic ? Math.log10 : (y) => y;
  const fits = ([, y]) => Number.isFinite(y) && (!logarithmic || y > 0);
  const lines = series
    .map((line, number) => ({ ...line, number, points: line.points.filter(fits) }))
    .filter((line) => line.points.length);
  const all = lines.flatMap((line) => line.points);
  if (!all.length) return null;
  const range = (pick) =>
    all.reduce(([a, b], p) => [Math.min(a, pick(p)), Math.max(b, pick(p))], [Infinity, -Infinity]);
  const [x0, x1] = range((p) => p[0]);
  let [y0, y1] = range((p) => put(p[1]));
  const space = (y1 - y0 || Math.abs(y1) || 1) * 0.08;
  [y0, y1] = [y0 - space, y1 + space];
  const box = { left: 58, right: 14, top: 12, bottom: 34 };
  const sx = (x) =>
    box.left + (x1 === x0 ? 0.5 : (x - x0) / (x1 - x0)) * (width - box.left - box.right);
  const sy = (y) =>
    height - box.bottom - ((put(y) - y0) / (y1 - y0)) * (height - box.top - box.bottom);
  const rows = logarithmic ? decades(y0, y1) : ticks(y0, y1);
  const columns = ticks(x0, x1).filter((x) => Number.isInteger(x));
  const paths = lines.map((line) => {
    const d = line.points
      .map(([x, y], i) => `${i ? "L" : "M"}${sx(x).toFixed(1)} ${sy(y).toFixed(1)}`)
      .join("");
    const dots =
      line.points.length <= 60
        ? line.points.map(([x, y]) =>
            svg("circle", {
              cx: sx(x),
              cy: sy(y),
              r: marked.has(x) || line.points.length === 1 ? 4.5 : 2.4,
              class: `hue-${line.number % HUES}`,
            }),
          )
        : null;
    return svg("g", {}, svg("path", { d, class: `curve hue-${line.number % HUES}` }), dots);
  });
  const picture = svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, class: "chart", role: "img", "aria-label": about },
    rows.map((y) =>
      svg(
        "g",
        { class: "rule" },
        svg("line", { x1: box.left, x2: width - box.right, y1: sy(y), y2: sy(y) }),
        svg("text", { x: box.left - 8, y: sy(y) + 4, "text-anchor": "end" }, brief(y, 3)),
      ),
    ),
    columns.map((x) =>
      svg("text", { class: "axis", x: sx(x), y: height - 12, "text-anchor": "middle" }, String(x)),
    ),
    svg("text", { class: "axis", x: box.left - 8, y: height - 12, "text-anchor": "end" }, xName),
    paths,
  );
  picture.addEventListener("pointermove", (event) => {
    const at = picture.getBoundingClientRect();
    const [x, y] = [
      ((event.clientX - at.left) * width) / at.width,
      ((event.clientY - at.top) * height) / at.height,
    ];
    let near = null;
    for (const line of lines) {
      for (const [px, py] of line.points) {
        const distance = Math.hypot(sx(px) - x, sy(py) - y);
        if (distance < 40 && (!near || distance < near.distance)) near = { distance, line, px, py };
      }
    }
    if (near)
      showTip(
        `${near.line.name}, ${xName} ${near.px}: ${brief(near.py, 6)}`,
        event.clientX,
        event.clientY,
      );
    else hideTip();
  });
  picture.addEventListener("pointerleave", hideTip);
  const key =
    lines.length > 1
      ? h(
          "ul",
          { class: "key" },
          lines.map((line) =>
            h(
              "li",
              {},
              h("i", { class: `hue-${line.number % HUES}`, "aria-hidden": "true" }),
              line.name,
            ),
          ),
        )
      : null;
  return [
    h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": about }, picture),
    key,
  ];
}
