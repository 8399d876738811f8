/* A formula's arithmetic for one element, from the numbers that were recorded: see arithmetic.py.

   An environment is a Map from names to {shape, at(flat), name}; what is looked at is noted in
   `seen`, name by name. */
const SINGLE = {
  exp: Math.exp,
  log: Math.log,
  log1p: Math.log1p,
  expm1: Math.expm1,
  sqrt: Math.sqrt,
  abs: Math.abs,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  tanh: Math.tanh,
  sinh: Math.sinh,
  cosh: Math.cosh,
  sign: Math.sign,
  square: (x) => x * x,
  same: (x) => x,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  log2: Math.log2,
  log10: Math.log10,
  exp2: (x) => 2 ** x,
};
const worse = (a, b, choose) => (Number.isNaN(a) || Number.isNaN(b) ? NaN : choose(a, b));
const DOUBLE = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "**": (a, b) => a ** b,
  "<": (a, b) => +(a < b),
  "<=": (a, b) => +(a <= b),
  ">": (a, b) => +(a > b),
  ">=": (a, b) => +(a >= b),
  "==": (a, b) => +(a === b),
  "!=": (a, b) => +(a !== b),
  max: (a, b) => worse(a, b, Math.max),
  min: (a, b) => worse(a, b, Math.min),
};

class Unknown extends Error {}

/** The shape that two shapes are broadcast to. */
function together(a, b) {
  const shape = [];
  for (let n = Math.max(a.length, b.length); n > 0; n--) {
    const x = a[a.length - n] ?? 1;
    const y = b[b.length - n] ?? 1;
    if (x !== y && x !== 1 && y !== 1) throw new Unknown();
    shape.push(x === 1 ? y : x);
  }
  return shape;
}

/** The index that an element of a broadcast result has in an operand. */
const within = (index, shape) =>
  index.slice(index.length - shape.length).map((i, axis) => (shape[axis] === 1 ? 0 : i));

function shapeOf([what, ...rest], env) {
  if (what === "number") return [];
  if (what === "name") return known(rest[0], env).shape;
  if (what === "T") return [...shapeOf(rest[0], env)].reverse();
  if (what === "mean") return [];
  if (what === "sum") {
    const [inner, axes, keep] = rest;
    const shape = shapeOf(inner, env);
    const gone =
      axes === null ? shape.map((_, i) => i) : axes.map((a) => (a + shape.length) % shape.length);
    return keep
      ? shape.map((n, i) => (gone.includes(i) ? 1 : n))
      : shape.filter((_, i) => !gone.includes(i));
  }
  if (what === "@") {
    const [a, b] = rest.map((part) => shapeOf(part, env));
    if (!a.length || !b.length || a.at(-1) !== (b.at(-2) ?? b[0])) throw new Unknown();
    const batch = together(a.slice(0, -2), b.slice(0, -2));
    return [...batch, ...a.slice(-2, -1), ...(b.length > 1 ? b.slice(-1) : [])];
  }
  return rest.map((part) => shapeOf(part, env)).reduce(together);
}

function known(name, env) {
  const found = env.get(name);
  if (!found) throw new Unknown();
  return found;
}

/** The element `index` of an expression. */
function valueAt(node, index, env, seen) {
  const [what, ...rest] = node;
  if (what === "number") return rest[0];
  if (what === "name") {
    const found = known(rest[0], env);
    const flat = flatOf(within(index, found.shape), found.shape);
    seen?.add(rest[0], flat);
    return found.at(flat);
  }
  if (what === "T") return valueAt(rest[0], [...index].reverse(), env, seen);
  if (what === "@" || what === "sum" || what === "mean") {
    return termsOf(node, index, env, seen).reduce((sum, term) => sum + term.value, 0);
  }
  const inner = rest.map((part) => valueAt(part, within(index, shapeOf(part, env)), env, seen));
  if (what === "where") return inner[0] ? inner[1] : inner[2];
  if (what === "-" && inner.length === 1) return -inner[0];
  if (SINGLE[what]) return SINGLE[what](inner[0]);
  return DOUBLE[what](...inner);
}

/** What the element is a sum of: `{value, factors}`, where a factor is a part and an index. */
function termsOf(node, index, env, seen) {
  const [what, a, b] = node;
  const factor = (part, at) => ({ part, index: at, value: valueAt(part, at, env, seen) });
  if (what === "T") return termsOf(a, [...index].reverse(), env, seen);
  if (what === "+") {
    return [a, b].flatMap((part) => termsOf(part, within(index, shapeOf(part, env)), env, seen));
  }
  if (what === "@") {
    const [left, right] = [shapeOf(a, env), shapeOf(b, env)];
    const ends = (left.length > 1) + (right.length > 1); // of a vector no axis is left
    const batch = index.slice(0, index.length - ends);
    const [row, column] = [
      left.length > 1 ? [index.at(-ends)] : [],
      right.length > 1 ? [index.at(-1)] : [],
    ];
    return Array.from({ length: left.at(-1) }, (_, k) => {
      const factors = [
        factor(a, [...within(batch, left.slice(0, -2)), ...row, k]),
        factor(b, [...within(batch, right.slice(0, -2)), k, ...column]),
      ];
      return { value: factors[0].value * factors[1].value, factors };
    });
  }
  if (what === "sum") {
    return indicesInto(shapeOf(a, env), b, node[3], index).map((at) => {
      const only = factor(a, at);
      return { value: only.value, factors: [only] };
    });
  }
  if (what === "mean") {
    const all = indicesInto(shapeOf(a, env), null, false, []);
    return all.map((at) => {
      const only = factor(a, at);
      const share = { coefficient: true, share: true, value: 1 / all.length };
      return { value: only.value / all.length, factors: [only, share] };
    });
  }
  const only = factor(node, index);
  return [{ value: only.value, factors: [only] }];
}

/** The elements that a sum over `axes` brings together in its element `index`. */
function indicesInto(shape, axes, keep, index) {
  const rank = shape.length;
  const gone = axes === null ? shape.map((_, i) => i) : axes.map((axis) => (axis + rank) % rank);
  const found = [];
  const rest = [...index];
  const start = shape.map((_, i) => (gone.includes(i) ? (keep && rest.shift(), 0) : rest.shift()));
  const count = gone.reduce((product, axis) => product * shape[axis], 1);
  for (let n = 0; n < count; n++) {
    const at = [...start];
    unflat(
      n,
      gone.map((axis) => shape[axis]),
    ).forEach((i, number) => {
      at[gone[number]] = i;
    });
    found.push(at);
  }
  return found;
}

/** Which elements were looked at, by name. */
class Seen {
  constructor() {
    this.names = new Map();
  }
  add(name, flat) {
    if (!this.names.has(name)) this.names.set(name, new Set());
    if (this.names.get(name).size < 5000) this.names.get(name).add(flat);
  }
}
