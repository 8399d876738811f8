/* Why: the formula, the same with shapes, and the same with the numbers of one element. */

/** What a formula gives: "gradient of weight =", "out =". */
function leftSide(event, shapes) {
  const main = mainOutput(event);
  if (!main) return null;
  const formula = DATA.formulas[event.formula] || {};
  if (event.kind === "update") {
    const name = formula.target ? mathml(formula.target, shapes ? underName(event) : undefined) : null;
    return name ? [name, sign("←")] : null;
  }
  const [name, id] = main;
  const text = { derivative: partial, accumulate: partial, grad: kept }[event.kind]?.(event) || mi(name);
  return [shapes ? under(text, VALUES[id].shape) : text, sign("=")];
}
const sign = (text) => m("mo", text);

const kept = (event) => mi(`${label(event.about)}.grad`);

/** A partial derivative, with names as the code has them. */
function partial(event) {
  const of = event.details.argument ?? (event.about === undefined ? "?" : label(event.about));
  const below = m("mrow", m("mo", "∂"), mi(of));
  return m("mfrac", m("mrow", m("mo", "∂"), mi(rootName(event))), below);
}

/** What the backward pass began at: "loss". */
function rootName(event) {
  for (let at = event.index; at >= 0; at--) {
    if (EVENTS[at].kind === "seed") {
      return EVENTS[at].about === undefined ? "root" : VALUES[EVENTS[at].about].name || "root";
    }
  }
  return "loss";
}

function under(node, shape) {
  return m("munder", m("mrow", node), filled(document.createElementNS(MATHML, "mtext"),
    { class: "shape" }, [shape.length ? shape.join(times) : "1"]));
}

/** Puts the shape under each name that stands for a tensor. */
function underName(event) {
  const env = environment(event);
  return (name) => {
    const found = env.get(name);
    return found && found.id !== null ? under(mi(name), found.shape) : null;
  };
}

/** Puts a number in the place of each name. */
function inNumbers({ env, index }) {
  return (name) => {
    const found = env.get(name);
    if (!found) return null;
    if (found.shape.length > index.length) throw new Unknown();
    const x = found.at(flatOf(within(index, found.shape), found.shape));
    const number = filled(document.createElementNS(MATHML, "mn"), { class: "value" }, [brief(x)]);
    const title = filled(document.createElementNS(MATHML, "mrow"), { title: name }, []);
    title.append(...(x < 0 ? [m("mo", "("), number, m("mo", ")")] : [number]));
    return title;
  };
}

const figure = (title, ...content) => h("figure", {}, h("figcaption", {}, title), content);

function formulaFigures(event, why) {
  const formula = event.formula === undefined ? null : DATA.formulas[event.formula];
  if (!formula || !formula.text) return [];
  if (!formula.math) {
    return [figure("The formula", h("p", { class: "words" }, plainFormula(event, formula.text)))];
  }
  const whole = (dress, shapes) => [
    mathBlock(m("mrow", ...(leftSide(event, shapes) || []), mathml(formula.math, dress))),
    formula.where.map(([name, value]) => h("div", { class: "given" }, h("span", { class: "soft" }, "where "),
      mathInline(mathml(name, dress), sign("="), mathml(value, dress))))];
  if (formula.text && formula.arithmetic?.[0] === "name" && event.kind !== "derivative") {
    return [figure("The formula", whole())]; // what has arrived is all there is
  }
  const words = event.kind === "forward" || event.kind === "update" ? h("p", { class: "soft words" }, event.kind === "update" ? code(formula.text) : formula.text) : null;
  const figures = [figure("The formula", whole(), words), figure("With shapes", whole(underName(event), true))];
  const numbers = numbersFigure(event, formula, why);
  return numbers ? [...figures, numbers] : figures;
}
const mathInline = (...children) => filled(document.createElementNS(MATHML, "math"), {}, children);

const plainFormula = (event, text) =>
  (event.kind === "seed" ? "∂ loss / ∂ loss = 1" : text);

/** The formula with the numbers of the element in place of names; of sums, their terms. */
function numbersFigure(event, formula, why) {
  if (why.chosen === null || !why.terms) return null;
  const result = [sign("="), m("mn", exact(why.value, VALUES[why.id].dtype))];
  const simple = why.arithmetic && !/"(@|sum|T)"/.test(JSON.stringify(why.arithmetic));
  const parts = simple && !formula.where.length ? [[mathml(formula.math, inNumbers(why))]] : sumOf(why.terms, why.more.count);
  return figure(`With numbers, for ${why.name}${indexText(why.index)}`,
    h("div", { class: "numbers" }, [...parts, result].map((part) => mathInline(...part))));
}

/** The first terms of a sum, and the last, each as a piece after which a line may end. */
function sumOf(terms, more) {
  if (!terms.length) return [[m("mn", "0")]];
  const shown = terms.length > 7 || more ? [...terms.slice(0, 5), null, terms.at(-1)] : terms;
  return shown.map((term, i) => {
    const plus = i ? [sign("+")] : [];
    if (term === null) return [...plus, sign("⋯")];
    return [...plus, ...term.factors.flatMap((factor, n) => {
      const number = filled(document.createElementNS(MATHML, "mn"), { class: "value" }, [brief(factor.value)]);
      const signed = factor.value < 0 && (i || n) ? m("mrow", sign("("), number, sign(")")) : number;
      return n ? [sign("⋅"), signed] : [signed];
    })];
  });
}

const MOST = 12;

/** Where to get the terms of a derivative that the page does not have. */
function noTerms(event, why) {
  if (event.kind !== "derivative" || why.chosen === null) return null;
  return figure("Its terms", h("p", { class: "soft words" }, "The page does not hold the terms of this element. ",
    code(`terms(trace, trace.events[${event.index}], (${why.index.join(", ")}${why.index.length === 1 ? "," : ""}))`),
    " of ", code("tinygrad_edu.tracing.terms"), " finds them."));
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
    (products ? [name, numbers, value, picture] : [name, value, picture]);
  const rows = shown.map(({ value, factors }) => row(
    factors.flatMap((factor, n) => [n ? " · " : "", factorName(factor)]),
    factors.length > 1 ? factors.map((factor) => brief(factor.value)).join(" · ") : "",
    brief(value), bar(value, most)));
  if (count > MOST) rows.push(row(h("span", { class: "soft" }, `${count - MOST} smaller terms`), "", brief(rest), ""));
  rows.push(row(h("b", {}, "sum"), "", h("b", {}, exact(why.value, VALUES[why.id].dtype)), ""));
  return figure(`The ${count} terms that make it up, the largest first`,
    table(row("term", "numbers", products ? "product" : "number", ""), rows, { class: products ? "terms products" : "terms", label: "Terms" }));
}

const factorName = (factor) => (factor.coefficient ? h("span", { class: "soft" }, "coefficient")
  : factor.name ? code(`${factor.name}${indexText(factor.index)}`) : h("span", { class: "soft" }, `element ${indexText(factor.index)}`));

/** A number as a bar to the left or to the right of zero; a norm only to the right. */
function bar(value, most, norm = false) {
  const share = Number.isFinite(value) ? Math.abs(value) / most : 1;
  return h("span", { class: `bar ${value < 0 ? "below" : "above"}${norm ? " norm" : ""}`, "aria-hidden": "true" },
    h("i", { style: { "--share": share.toFixed(3) } }));
}

/** How a gradient is summed over the axes along which its argument was repeated. */
function broadcastFigure(event) {
  const found = event.kind === "broadcast" ? event : EVENTS[event.index + 1];
  const follows = found && found.kind === "broadcast" && (found === event
    || (event.kind === "derivative" && found.about === event.about));
  if (!follows) return null;
  const [before, after] = [found.inputs.grad, Object.values(found.outputs)[0]];
  return figure("The broadcast sum", h("p", { class: "flow" },
    code(shapeText(VALUES[before].shape)), h("span", {}, `summed over ${axesWords(found.details.axes)} →`),
    code(shapeText(VALUES[after].shape))),
  h("p", { class: "soft words" }, "In the forward pass each element of ", code(label(event.about ?? after)),
    " was used once for every place along that axis, so the gradients of all these uses are added. ",
    found === event ? "" : button("Go there", () => go(found.index), { class: "jump" })));
}

/** The chosen element before and after a line of an optimizer. */
function changeFigure(event, why) {
  if (event.kind !== "update" || why.chosen === null) return null;
  const rows = Object.entries(event.outputs).map(([name, id]) => {
    const before = event.inputs[name] === undefined ? null : elements(event.inputs[name]);
    const after = elements(id);
    const at = after && after.length === VALUES[why.id].size ? why.chosen : 0;
    return [code(name), before ? brief(Number(before[at])) : "new", after ? brief(Number(after[at]), 6) : "?"];
  });
  const numbers = Object.entries(event.details.numbers || {}).map(([name, x]) => `${name} = ${brief(real(x))}`);
  return figure(`What changes for ${why.part ? why.part[0] : why.name}${indexText(why.index)}`,
    table(["", "before", "after"], rows, { label: "Changes" }),
    numbers.length ? h("p", { class: "soft words" }, numbers.join(", ")) : null);
}

onDraw((event) => {
  const why = explained(event);
  const columns = [formulaFigures(event, why), [termsTable(event, why), changeFigure(event, why)],
    [broadcastFigure(event), ledgerFigure(event, why)]].map((figures) => figures.filter(Boolean));
  by("why-body").replaceChildren(...columns.filter((figures) => figures.length)
    .map((figures) => h("div", { class: "column" }, figures)));
  by("why-element").replaceChildren(...(why.chosen === null ? [] : [
    h("span", { class: "soft" }, "of "), code(`${why.part ? why.part[0] : label(why.id)}${indexText(why.index)}`),
    h("span", { class: "equals" }, ` = ${exact(elements(why.id)[why.chosen], VALUES[why.id].dtype)}`),
    h("span", { class: "soft hint" }, " click another element of the result to see its terms")]));
});
