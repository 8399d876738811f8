/* What the chosen element is made of: from coefficients that the engine's own derivative has for
   it, or from the formula's arithmetic; shown only if it comes to the number that was recorded. */

/** The names of an event's formula, as numbers: of its tensors and its plain numbers. */
function environment(event) {
  const env = new Map();
  const bind = (name, id, part) => {
    const array = elements(id);
    if (!array) return;
    const value = VALUES[id];
    if (part && isVector(event, id)) {
      env.set(name, {
        id,
        shape: part[3],
        at: (flat) => Number(array[part[1] + flat]),
        start: part[1],
      });
    } else env.set(name, { id, shape: value.shape, at: (flat) => Number(array[flat]), start: 0 });
  };
  const part = event.kind === "update" ? partOf(event) : null;
  for (const [name, number] of Object.entries(event.details.numbers || {})) {
    env.set(name, { id: null, shape: [], at: () => real(number), start: 0 });
  }
  for (const [name, text] of Object.entries(event.options)) {
    if (/^-?\d+(\.\d*)?(e-?\d+)?$/.test(text))
      env.set(name, { id: null, shape: [], at: () => Number(text), start: 0 });
  }
  for (const [name, id] of Object.entries(event.saved)) bind(name, id, null);
  for (const [name, id] of Object.entries(event.inputs)) bind(name, id, part);
  return env;
}

/** All there is to say of the element that is chosen:

    `chosen` flat, `index` as one writes it, `value`, `terms` ({value, factors}) or null, `env`,
    and `marks`: by name, the elements of the inputs that it is made of. */
const explanations = { key: "", found: null };
function explained(event) {
  const key = `${event.index} ${state.chosen} ${state.part}`;
  if (explanations.key !== key) {
    explanations.key = key;
    explanations.found = explain(event);
  }
  return explanations.found;
}

function explain(event) {
  const marks = new Map();
  const main = mainOutput(event);
  const chosen = chosenOf(event);
  const nothing = {
    chosen: null,
    marks,
    main,
    terms: null,
    more: { count: 0, sum: 0 },
    env: new Map(),
    dressed: null,
  };
  if (chosen === null) return nothing;
  const [name, id] = main;
  const part = isVector(event, id) ? partOf(event) : null;
  const [start, shape] = part ? [part[1], part[3]] : [0, VALUES[id].shape];
  const value = Number(elements(id)[chosen]);
  const found = {
    ...nothing,
    chosen,
    name,
    id,
    start,
    shape,
    value,
    index: unflat(chosen - start, shape),
    env: environment(event),
    part,
  };
  const computed = fromArithmetic(event, found) || fromEvent(event, found);
  const embedded = fromCoefficients(event, found);
  return {
    ...found,
    ...(computed || {}),
    ...(embedded || {}),
    marks: (embedded || computed || found).marks,
  };
}

/** What the page holds of the engine's coefficients: a list, if no text says why there is none. */
function coefficientsOf(event) {
  const found = DATA.terms[event.index];
  return Array.isArray(found) ? found : [];
}

/** The terms that the engine's derivative gives: coefficients of elements of the gradient. */
function fromCoefficients(event, { chosen, value }) {
  const row = coefficientsOf(event).find(([element]) => element === chosen);
  if (!row) return null;
  const [, listed, count, rest] = row;
  const seen = new Seen();
  const terms = [];
  for (const [name, flat, coefficient] of listed) {
    const grad = elements(event.inputs[name]);
    if (!grad) return null;
    seen.add(name, flat);
    const x = Number(grad[flat]);
    terms.push({
      value: x * coefficient,
      factors: [
        { name, index: unflat(flat, VALUES[event.inputs[name]].shape), value: x },
        { coefficient: true, value: coefficient },
      ],
    });
  }
  const total = terms.reduce((sum, term) => sum + term.value, rest);
  if (!agrees(total, value, largest(terms))) return null;
  return { terms, total, more: { count, sum: rest }, marks: seen.names };
}

/** What the chosen element is called: that of a parameter, or a tensor's. */
function titleOf(event, why) {
  if (why.part) return `${why.part[0]}${indexText(why.index)}`;
  if (isCounter(event, why.id)) return `${why.name} of ${event.details.parts[why.chosen][0]}`;
  return `${event.kind === "update" ? why.name : label(why.id)}${indexText(why.index)}`;
}

const largest = (terms) => terms.reduce((most, term) => Math.max(most, Math.abs(term.value)), 0);

/** The terms that the formula's arithmetic gives. */
function fromArithmetic(event, { env, index, value }) {
  const formula = event.formula === undefined ? {} : DATA.formulas[event.formula];
  if (!formula.arithmetic) return null;
  const seen = new Seen();
  try {
    if (shapeOf(formula.arithmetic, env).length !== index.length) return null;
    const raw = termsOf(formula.arithmetic, index, env, seen);
    const total = raw.reduce((sum, term) => sum + term.value, 0);
    if (!agrees(total, value, largest(raw))) return null;
    const terms = raw.map((term) => ({ value: term.value, factors: term.factors.map(named) }));
    return { terms, total, marks: marksOf(seen, env), arithmetic: formula.arithmetic };
  } catch (error) {
    if (error instanceof Unknown) return null;
    throw error;
  }
}

const marksOf = (seen, env) =>
  new Map(
    [...seen.names].map(([name, flats]) => [
      name,
      new Set([...flats].map((flat) => flat + env.get(name).start)),
    ]),
  );

/** A factor with the name and the index by which one would write it. */
function named(factor) {
  const { part, index, value } = factor;
  if (factor.coefficient) return factor;
  if (part[0] === "T") return named({ part: part[1], index: [...index].reverse(), value });
  return part[0] === "name" ? { name: part[1], index, value } : { name: null, part, index, value };
}

/** Of events whose formula is not a derivative's: what a sum over axes, or a ledger, adds up. */
function fromEvent(event, { index, value, chosen }) {
  const marks = new Map();
  const id = event.inputs.grad;
  const grad = id === undefined ? null : elements(id);
  if (event.kind === "broadcast" && grad) {
    const shape = VALUES[id].shape;
    const own = VALUES[Object.values(event.outputs)[0]].shape;
    const lead = shape.length - own.length;
    const found = [];
    grad.forEach((x, flat) => {
      const at = unflat(flat, shape);
      if (own.every((n, axis) => n === 1 || at[axis + lead] === index[axis]))
        found.push({ at, flat, x: Number(x) });
    });
    const terms = found.map(({ at, x }) => ({
      value: x,
      factors: [{ name: "grad", index: at, value: x }],
    }));
    const total = terms.reduce((sum, term) => sum + term.value, 0);
    marks.set("grad", new Set(found.map(({ flat }) => flat)));
    return agrees(total, value, largest(terms)) ? { terms, total, marks } : null;
  }
  if ((event.kind === "accumulate" || event.kind === "grad") && grad) {
    const names = ["before", "grad"].filter((name) => event.inputs[name] !== undefined);
    const terms = [];
    for (const name of names) {
      const array = elements(event.inputs[name]);
      if (!array) return null;
      const x = Number(array[chosen]);
      terms.push({ value: x, factors: [{ name, index, value: x }] });
      marks.set(name, new Set([chosen]));
    }
    const total = terms.reduce((sum, term) => sum + term.value, 0);
    return agrees(total, value, largest(terms)) ? { terms, total, marks } : null;
  }
  return null;
}
