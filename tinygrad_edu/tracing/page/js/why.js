/* Why: beside the formula, its terms, sums over axes, and what an optimizer changes. */
const MOST = 12;

/** Where to get the terms of a derivative that the page does not have. */
function noTerms(event, why) {
  if (event.kind !== "derivative" || why.chosen === null) return null;
  const index = `(${why.index.join(", ")}${why.index.length === 1 ? "," : ""})`;
  const known = DATA.terms[event.index];
  let how = cannotRun();
  if (typeof known === "string") how = `${known}.`;
  else if (!how) {
    how = [
      code(`terms(trace, trace.events[${event.index}], ${index})`),
      " of ",
      code("tinygrad_edu.tracing.again.terms"),
      " finds them.",
    ];
  }
  return figure(
    "Its terms",
    h("p", { class: "soft words" }, "The page does not hold the terms of this element. ", how),
  );
}

/** The terms of a sum, one by one, the largest first. */
function termsTable(event, why) {
  if (!why.terms) return noTerms(event, why);
  const count = why.terms.length + why.more.count;
  if (count < 2) return null;
  const order = [...why.terms].sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const shown = order.slice(0, MOST);
  const rest = order.slice(MOST).reduce((sum, term) => sum + term.value, why.more.sum);
  const most = Math.abs(order[0].value) || 1;
  const products = shown.some(({ factors }) => factors.length > 1);
  const row = (name, numbers, value, picture) =>
    products ? [name, numbers, value, picture] : [name, value, picture];
  const rows = shown.map(({ value, factors }) =>
    row(
      factors.flatMap((factor, n) => [n ? " · " : "", factorName(factor)]),
      factors.length > 1 ? factors.map((factor) => brief(factor.value)).join(" · ") : "",
      brief(value),
      bar(value, most),
    ),
  );
  if (count > MOST)
    rows.push(
      row(h("span", { class: "soft" }, `${count - MOST} smaller terms`), "", brief(rest), ""),
    );
  rows.push(row(h("b", {}, "sum"), "", h("b", {}, exact(why.value, VALUES[why.id].dtype)), ""));
  return figure(
    `The ${count} terms that make it up, the largest first`,
    table(row("term", "numbers", products ? "product" : "number", ""), rows, {
      class: products ? "terms products" : "terms",
      label: "Terms",
    }),
  );
}

const factorName = (factor) =>
  factor.coefficient
    ? h("span", { class: "soft" }, factor.share ? "1/N" : "coefficient")
    : factor.name
      ? code(`${factor.name}${indexText(factor.index)}`)
      : partName(factor);

/** A factor that is computed: as one writes it, if that is not long. */
function partName({ part, index }) {
  const text = infix(part);
  if (part[0] === "number") return code(text);
  if (text.length > 40) return h("span", { class: "soft" }, `element ${indexText(index)}`);
  return code(index.length ? `(${text})${indexText(index)}` : text);
}

/** Arithmetic as one writes it: how tightly what is around it binds says if it needs brackets. */
const BINDS = { "+": 1, "-": 1, "*": 2, "/": 2, "**": 3 };
function infix([what, ...rest], around = 0) {
  if (what === "name") return rest[0];
  if (what === "number") return brief(rest[0]);
  if (what === "where") return `${infix(rest[1], 2)} if ${infix(rest[0])}, else ${infix(rest[2], 2)}`;
  const own = BINDS[what];
  if (rest.length === 1 && what === "-") return `−${infix(rest[0], 3)}`;
  if (!own || rest.length !== 2) return `${what}(${rest.map((each) => infix(each)).join(", ")})`;
  const sign = { "-": " − ", "*": " · ", "/": " / ", "**": "^" }[what] || " + ";
  const text = `${infix(rest[0], own)}${sign}${infix(rest[1], own + 1)}`;
  return own < around ? `(${text})` : text;
}

/** A number as a bar to the left or to the right of zero; a norm only to the right. */
function bar(value, most, norm = false) {
  const share = Number.isFinite(value) ? Math.abs(value) / most : 1;
  return h(
    "span",
    { class: `number-bar ${value < 0 ? "below" : "above"}${norm ? " norm" : ""}`, "aria-hidden": "true" },
    h("i", { style: { "--share": share.toFixed(3) } }),
  );
}

/** How a gradient is summed over the axes along which its argument was repeated. */
function broadcastFigure(event) {
  const found = event.kind === "broadcast" ? event : EVENTS[event.index + 1];
  const follows =
    found &&
    found.kind === "broadcast" &&
    (found === event || (event.kind === "derivative" && found.about === event.about));
  if (!follows) return null;
  const [before, after] = [found.inputs.grad, Object.values(found.outputs)[0]];
  return figure(
    "The broadcast sum",
    h(
      "p",
      { class: "flow" },
      code(shapeText(VALUES[before].shape)),
      h("span", {}, `summed over ${axesWords(found.details.axes)} →`),
      code(shapeText(VALUES[after].shape)),
    ),
    h(
      "p",
      { class: "soft words" },
      "In the forward pass each element of ",
      code(label(event.about ?? after)),
      ` was used once for every place along ${found.details.axes.length === 1 ? "that axis" : "those axes"}, so the gradients of all these uses are added. `,
      found === event ? "" : button("Go there", () => go(found.index), { class: "jump" }),
    ),
  );
}

/** The chosen element before and after a line of an optimizer. */
function changeFigure(event, why) {
  if (event.kind !== "update" || why.chosen === null) return null;
  const rows = Object.entries(event.outputs).map(([name, id]) => {
    const before = event.inputs[name] === undefined ? null : elements(event.inputs[name]);
    const after = elements(id);
    const at = after && after.length === VALUES[why.id].size ? why.chosen : 0;
    return [
      code(name),
      before ? brief(Number(before[at])) : "new",
      after ? brief(Number(after[at]), 6) : "?",
    ];
  });
  const numbers = Object.entries(event.details.numbers || {}).map(
    ([name, x]) => `${name} = ${brief(real(x))}`,
  );
  return figure(
    `What changes for ${titleOf(event, why)}`,
    table(["", "before", "after"], rows, { label: "Changes" }),
    numbers.length ? h("p", { class: "soft words" }, numbers.join(", ")) : null,
  );
}

onDraw((event) => {
  const why = explained(event);
  const columns = [
    formulaFigures(event, why),
    [termsTable(event, why), changeFigure(event, why)],
    [broadcastFigure(event), ledgerFigure(event, why)],
  ].map((figures) => figures.filter(Boolean));
  by("why-body").replaceChildren(
    ...columns
      .filter((figures) => figures.length)
      .map((figures) => h("div", { class: "column" }, figures)),
  );
  by("why-element").replaceChildren(
    ...(why.chosen === null
      ? []
      : [
          h("span", { class: "soft" }, "of "),
          code(titleOf(event, why)),
          h(
            "span",
            { class: "equals" },
            ` = ${exact(elements(why.id)[why.chosen], VALUES[why.id].dtype)}`,
          ),
          h(
            "span",
            { class: "soft hint" },
            elements(why.id).length > 1
              ? " click another element of the result to see its terms"
              : "",
          ),
        ]),
  );
});
