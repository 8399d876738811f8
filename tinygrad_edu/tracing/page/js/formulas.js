/* The formula, the same with shapes, and the same with the numbers of one element. */

/** What a formula gives: "gradient of weight =", "out =". */
function leftSide(event, shapes) {
  const main = mainOutput(event);
  if (!main) return null;
  const formula = DATA.formulas[event.formula] || {};
  if (event.kind === "update") {
    const name = formula.target
      ? mathml(formula.target, shapes ? underName(event) : undefined)
      : null;
    return name ? [name, sign("←")] : null;
  }
  const [name, id] = main;
  const text =
    { derivative: partial, accumulate: partial, grad: kept }[event.kind]?.(event) || mi(name);
  return [shapes ? under(text, VALUES[id].shape) : text, sign("=")];
}
const sign = (text) => m("mo", text);

const kept = (event) => mi(`${label(event.about)}.grad`);

/** A partial derivative, with names as the code has them. */
function partial(event) {
  const named = event.details.argument;
  const about = event.about === undefined ? "?" : label(event.about);
  const of = named === undefined || /^\d+$/.test(named) ? about : named;
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
  return m(
    "munder",
    m("mrow", node),
    filled(document.createElementNS(MATHML, "mtext"), { class: "math-shape" }, [
      shape.length ? shape.join(times) : "1",
    ]),
  );
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
  if (!formula || !(formula.text || formula.math)) return [];
  if (!formula.math) {
    return [figure("The formula", h("p", { class: "words" }, plainFormula(event, formula.text)))];
  }
  const whole = (dress, shapes) => [
    mathBlockOf(event, m("mrow", ...(leftSide(event, shapes) || []), mathml(formula.math, dress))),
    formula.where.map(([name, value]) =>
      h(
        "div",
        { class: "given" },
        h("span", { class: "soft" }, "where "),
        inPlainNumbers(event, mathInline(mathml(name, dress), sign("="), mathml(value, dress))),
      ),
    ),
  ];
  if (["accumulate", "grad"].includes(event.kind) && formula.arithmetic?.[0] === "name") {
    return [figure("The formula", whole(), h("p", { class: "soft words" }, onlyOne(event)))];
  }
  const words =
    event.kind === "forward" || event.kind === "update"
      ? h("p", { class: "soft words" }, event.kind === "update" ? code(formula.text) : formula.text)
      : null;
  const figures = [
    figure("The formula", whole(), words),
    figure("With shapes", whole(underName(event), true)),
  ];
  const numbers = numbersFigure(event, formula, why);
  return numbers ? [...figures, numbers] : figures;
}

const mathBlockOf = (event, ...children) => inPlainNumbers(event, mathBlock(...children));

/** "⊙" is for tensors: beside a plain number, and between numbers, a point stands for it. */
function inPlainNumbers(event, node) {
  const env = environment(event);
  const single = (part) => {
    if (!part) return false;
    const name = part.getAttribute("data-name");
    if (name !== null) return env.get(name)?.id === null;
    if (part.localName === "mn") return true;
    const parts = [...part.querySelectorAll("mi:not(.word)")];
    return (
      parts.length + part.querySelectorAll("mn").length > 0 &&
      parts.every((each) => env.get(each.getAttribute("data-name"))?.id === null)
    );
  };
  for (const each of node.querySelectorAll("mo")) {
    if (each.textContent !== "⊙") continue;
    if (single(each.previousElementSibling) || single(each.nextElementSibling)) {
      each.textContent = "⋅";
    }
  }
  return node;
}

const mathInline = (...children) => filled(document.createElementNS(MATHML, "math"), {}, children);

/** A formula that is a text; that of a seed with what the backward pass began at. */
const plainFormula = (event, text) =>
  event.kind === "seed" ? text.replaceAll("d loss", `∂ ${rootName(event)}`) : text;

/** Of the first contribution: that it is all there is so far. */
const onlyOne = (event) =>
  event.kind === "grad"
    ? "Nothing was in .grad before, so it is the gradient of this backward pass."
    : "Nothing has arrived before, so the sum so far is what has arrived now.";

/** The formula with the numbers of the element in place of names; of sums, their terms. */
function numbersFigure(event, formula, why) {
  if (why.chosen === null || !why.terms) return null;
  const result = [sign("="), m("mn", exact(why.value, VALUES[why.id].dtype))];
  const simple = why.arithmetic && !/"(@|sum|mean|T)"/.test(JSON.stringify(why.arithmetic));
  const parts = (simple && inOneLine(formula, why)) || inTwo(why);
  if (!parts && isCircular(why)) return null;
  const name = event.kind === "update" ? titleOf(event, why) : why.name + indexText(why.index);
  const left = plainTerms(why) ? 0 : why.terms.length + why.more.count - SHOWN;
  return figure(
    `With numbers, for ${name}`,
    oneOfMany(formula, why),
    h(
      "div",
      { class: "numbers" },
      [...(parts || sumOf(why)), result].map((part) =>
        inPlainNumbers(event, mathInline(...part)),
      ),
    ),
    !parts && left > 0
      ? h("p", { class: "soft words" }, `The ${SHOWN} largest terms; ⋯ are ${left} smaller ones.`)
      : null,
  );
}

/** The formula itself, in numbers, if there is no name in it that would be explained below. */
function inOneLine(formula, why) {
  if (formula.where.length) return null;
  return [[mathml(formula.math, inNumbers(why))]];
}

/** Whether the only term there is says no more than the number itself. */
const isCircular = ({ terms, more }) =>
  terms.length === 1 && !more.count && terms[0].factors.length === 1 && !terms[0].factors[0].name;

/** Of an expression of two parts, of which one is a sum or a product of matrices, their numbers. */
function inTwo(why) {
  const [what, a, b] = why.arithmetic || [];
  const text = { "-": "−", "*": "⋅", "/": "/" }[what];
  if (!text || b === undefined) return null;
  try {
    const [x, y] = [a, b].map((part) =>
      valueAt(part, within(why.index, shapeOf(part, why.env)), why.env),
    );
    return [[m("mn", brief(x, 6)), sign(text), y < 0 ? m("mrow", sign("("), m("mn", brief(y, 6)), sign(")")) : m("mn", brief(y, 6))]];
  } catch (error) {
    if (error instanceof Unknown) return null;
    throw error;
  }
}

/** Of a sum or mean over elements, that element with the largest term, with numbers. */
function oneOfMany(formula, why) {
  const each = formula.each;
  if (!each?.arithmetic || each.arithmetic[0] === "name" || !why.arithmetic) return null;
  try {
    const shape = shapeOf(each.arithmetic, why.env);
    if (!sizeOf(shape)) return null;
    const all = Array.from({ length: sizeOf(shape) }, (_, flat) =>
      valueAt(each.arithmetic, unflat(flat, shape), why.env),
    );
    const index = unflat(largestOf(all), shape);
    const value = m("mn", brief(all[flatOf(index, shape)], 6));
    const math = mathInline(mathml(each.math, inNumbers({ env: why.env, index })), sign("="), value);
    for (const mark of math.querySelectorAll("mo")) {
      if (mark.textContent === "⊙") mark.textContent = "⋅";
    }
    return [
      h("p", { class: "soft words" }, `Element ${indexText(index)}, the largest of ${all.length}:`),
      h("div", { class: "numbers" }, math),
      h("p", { class: "soft words" }, "And all of them:"),
    ];
  } catch (error) {
    if (error instanceof Unknown) return null;
    throw error;
  }
}

/** How many terms of a longer sum are written out. */
const SHOWN = 5;
const plainTerms = (why) => why.terms.length <= SHOWN + 2 && !why.more.count;

/** The terms of a sum, the largest of many, each as a piece after which a line may end. */
function sumOf(why) {
  const { terms } = why;
  if (!terms.length) return [[m("mn", "0")]];
  const bySize = [...terms].sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const shown = plainTerms(why) ? terms : [...bySize.slice(0, SHOWN), null];
  const mean = terms[0].factors.at(-1).share ? terms.length : 0;
  const pieces = shown.map((term, i) => {
    const plus = i ? [sign("+")] : mean ? [sign("(")] : [];
    if (term === null) return [...plus, sign("⋯")];
    const factors = mean ? term.factors.slice(0, -1) : term.factors;
    return [
      ...plus,
      ...factors.flatMap((factor, n) => {
        const number = filled(document.createElementNS(MATHML, "mn"), { class: "value" }, [
          brief(factor.value),
        ]);
        const signed =
          factor.value < 0 && (i || n) ? m("mrow", sign("("), number, sign(")")) : number;
        return n ? [sign("⋅"), signed] : [signed];
      }),
    ];
  });
  return mean ? [...pieces, [sign(")"), sign("/"), m("mn", String(mean))]] : pieces;
}
