/* The training curve, and how large the gradients are, layer by layer. */

/** The steps that were recorded, by what their events say: [step, loss, norms]. */
function recordedSteps() {
  const steps = new Map();
  const of = (event) => {
    if (!steps.has(event.step)) steps.set(event.step, [event.step, NaN, {}]);
    return steps.get(event.step);
  };
  for (const event of EVENTS) {
    if (event.kind === "seed" && event.about !== undefined && VALUES[event.about].size === 1) {
      of(event)[1] = VALUES[event.about].summary.mean;
    }
    if (event.kind === "grad" && event.about !== undefined) {
      const out = event.outputs.grad;
      if (out !== undefined) of(event)[2][label(event.about)] = VALUES[out].summary.norm;
    }
  }
  return [...steps.values()].filter(
    ([, loss, norms]) => !Number.isNaN(loss) || Object.keys(norms).length,
  );
}

/** The points of a curve, as the page holds it. */
const pointsOf = (curve) =>
  curve.map(([step, loss, norms]) => [
    step,
    real(loss),
    Object.fromEntries(Object.entries(norms).map(([k, x]) => [k, real(x)])),
  ]);

/** How far a number is from PyTorch's, as a part of `size`. */
function apart(here, there, size = there) {
  if (Object.is(here, there) || here === there) return 0;
  const share = Math.abs(here - there) / Math.abs(size);
  return Number.isNaN(share) ? Infinity : share;
}

/** How far the curve is from PyTorch's, in a sentence; nothing where that is not known. */
function besideCurve(steps, theirs) {
  const here = new Map(steps.map(([step, loss, norms]) => [step, { loss, norms }]));
  const both = theirs.filter(([step]) => here.has(step));
  if (!both.length) return null;
  const losses = both.map(([step, loss]) => apart(here.get(step).loss, loss));
  const norms = both.flatMap(([step, , found]) => {
    // Of the step's largest: a gradient that is 0 but for rounding differs as a whole.
    const largest = Math.max(...Object.values(found).filter(Number.isFinite));
    return Object.entries(found).map(([name, x]) => apart(here.get(step).norms[name], x, largest));
  });
  const most = (shares, of) => {
    const share = Math.max(0, ...shares);
    return share ? `differs by at most ${brief(share, 2)} (${of})` : "is the same";
  };
  const few = both.length === 1 ? "In PyTorch" : `In PyTorch, in ${both.length} steps,`;
  return h(
    "p",
    { class: "soft" },
    `${few} the loss ${most(losses, "relative")}, and the norm of each gradient ` +
      `${most(norms, "as a part of the largest")}.`,
  );
}

function drawCurves() {
  const whole = pointsOf(DATA.curve);
  const theirs = pointsOf(DATA.beside ? DATA.beside.curve : []);
  const own = recordedSteps();
  const steps = whole.length ? whole : own;
  const names = [...new Set(steps.flatMap(([, , norms]) => Object.keys(norms)))];
  const series = names.map((name) => ({
    name,
    points: steps.filter(([, , n]) => name in n).map(([s, , n]) => [s, n[name]]),
  }));
  const parts = [];
  if (!steps.length) {
    parts.push(
      h(
        "p",
        { class: "empty" },
        "No backward pass was recorded, so there is neither a loss nor a gradient to draw.",
      ),
    );
  } else if (steps.length === 1) {
    const [, loss, norms] = steps[0];
    parts.push(h("h2", {}, "The recorded step"));
    if (!Number.isNaN(loss))
      parts.push(h("p", { class: "lead" }, "The loss is ", strong(brief(loss, 6)), "."));
    parts.push(besideCurve(steps, theirs));
    parts.push(
      h(
        "p",
        { class: "empty" },
        "A curve needs more steps: ",
        code("--curve 50"),
        " goes on to the fiftieth, and ",
        code("--steps 0:20"),
        " records the first twenty.",
      ),
    );
    parts.push(...normBars(norms));
  } else {
    const marked = new Set(own.map(([step]) => step));
    const all = own.length === steps.length;
    parts.push(
      h("h2", {}, "Loss"),
      all ? null : h("p", { class: "soft" }, "The larger dots are the steps that were recorded."),
      lineChart(
        [
          { name: "loss", points: steps.map(([s, loss]) => [s, loss]) },
          { name: "loss in PyTorch", points: theirs.map(([s, loss]) => [s, loss]) },
        ],
        { about: "The loss by step", marked: all ? undefined : marked },
      ),
      besideCurve(steps, theirs),
    );
    parts.push(
      h("h2", {}, "Norms of the gradients"),
      h("p", { class: "soft" }, "Their axis is logarithmic; a norm of 0 is left out."),
      lineChart(series, {
        about: "Norms of gradients by step",
        logarithmic: true,
        height: 320,
        marked: all ? undefined : marked,
      }),
    );
    parts.push(
      ...normBars(own.at(-1)?.[2] || {}, `Gradients of step ${own.at(-1)?.[0]}, layer by layer`),
    );
  }
  by("view-curves").replaceChildren(
    h("div", { class: "sheet" }, parts.flat(Infinity).filter(Boolean)),
  );
}

function normBars(norms, heading = "Gradients, layer by layer") {
  const rows = Object.entries(norms);
  if (!rows.length) return [];
  const most = Math.max(...rows.map(([, x]) => x).filter(Number.isFinite)) || 1;
  return [
    h("h2", {}, heading),
    table(
      ["parameter", "", "norm"],
      rows.map(([name, x]) => [code(name), bar(x, most, true), brief(x, 6)]),
      { label: "Norms of gradients", class: "bars" },
    ),
  ];
}
