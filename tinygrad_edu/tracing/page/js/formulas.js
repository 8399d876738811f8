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
  if (!formula || !formula.text) return [];
  if (!formula.math) {
    return [figure("The formula", h("p", { class: "words" }, plainFormula(event, formula.text)))];
  }
  const whole = (dress, shapes) => [
    mathBlock(m("mrow", ...(leftSide(event, shapes) || []), mathml(formula.math, dress))),
    formula.where.map(([name, value]) =>
      h(
        "div",
        { class: "given" },
        h("span", { class: "soft" }, "where "),
        mathInline(mathml(name, dress), sign("="), mathml(value, dress)),
      ),
    ),
  ];
  if (formula.text && formula.arithmetic?.[0] === "name" && event.kind !== "derivative") {
    return [figure("The formula", whole())]; // what has arrived is all there is
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
const mathInline = (...children) => filled(document.createElementNS(MATHML, "math"), {}, children);

/** A formula that is a text; that of a seed with what the backward pass began at. */
const plainFormula = (event, text) =>
  event.kind === "seed" ? text.replaceAll("d loss", `∂ ${rootName(event)}`) : text;

/** The formula with the numbers of the element in place of names; of sums, their terms. */
function numbersFigure(event, formula, why) {
  if (why.chosen === null || !why.terms) return null;
  const result = [sign("="), m("mn", exact(why.value, VALUES[why.id].dtype))];
  const simple = why.arithmetic && !/"(@|sum|T)"/.test(JSON.stringify(why.arithmetic));
  const parts =
    simple && !formula.where.length
      ? [[mathml(formula.math, inNumbers(why))]]
      : sumOf(why.terms, why.more.count);
  return figure(
    `With numbers, for ${why.name}${indexText(why.index)}`,
    h(
      "div",
      { class: "numbers" },
      [...parts, result].map((part) => mathInline(...part)),
    ),
  );
}

/** The first terms of a sum, and the last, each as a piece after which a line may end. */
function sumOf(terms, more) {
  if (!terms.length) return [[m("mn", "0")]];
  const shown = terms.length > 7 || more ? [...terms.slice(0, 5), null, terms.at(-1)] : terms;
  return shown.map((term, i) => {
    const plus = i ? [sign("+")] : [];
    if (term === null) return [...plus, sign("⋯")];
    return [
      ...plus,
      ...term.factors.flatMap((factor, n) => {
        const number = filled(document.createElementNS(MATHML, "mn"), { class: "value" }, [
          brief(factor.value),
        ]);
        const signed =
          factor.value < 0 && (i || n) ? m("mrow", sign("("), number, sign(")")) : number;
        return n ? [sign("⋅"), signed] : [signed];
      }),
    ];
  });
}
