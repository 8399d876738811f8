/* Numbers: how they are written, and how they are read from bytes. */
const FORMS = {
  f4: Float32Array,
  f8: Float64Array,
  i4: Int32Array,
  i8: BigInt64Array,
  u1: Uint8Array,
};

/** The bytes of a compressed text. */
async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  if (typeof DecompressionStream === "undefined") {
    document.body.textContent = "This page needs a newer browser: one from 2023 on.";
  }
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** A number of the page's data, where nan and infinities are texts. */
const real = (x) => (typeof x === "string" ? { nan: NaN, inf: Infinity, "-inf": -Infinity }[x] : x);

const tidy = (text) =>
  text.replace("-", "−").replace(/e([+−-])0*/, (_, s) => (s === "+" ? "e" : "e−"));

/** A number in few characters. */
function brief(x, digits = 4) {
  if (typeof x === "bigint") return tidy(String(x));
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "−inf";
  if (Number.isInteger(x) && Math.abs(x) < 1e6) return tidy(String(x));
  const size = Math.abs(x);
  if (size < 1e-4 || size >= 1e6) {
    return tidy(x.toExponential(digits - 2).replace(/\.?0+e/, "e"));
  }
  const text = x.toPrecision(digits);
  return tidy(text.includes(".") ? text.replace(/\.?0+$/, "") : text);
}

/** All digits that tell a number of this dtype from its neighbours. */
function exact(x, dtype) {
  if (typeof x === "bigint" || !Number.isFinite(x) || Number.isInteger(x)) return brief(x, 17);
  if (dtype === "float64") return tidy(String(x));
  const digits = { float16: [3, 6], float32: [6, 9] }[dtype] || [6, 17];
  for (let n = digits[0]; n <= digits[1]; n++) {
    const text = x.toPrecision(n);
    if (Math.fround(Number(text)) === Math.fround(x)) return tidy(String(Number(text)));
  }
  return tidy(String(x));
}

const times = "×";
const shapeText = (shape) => (shape.length ? shape.join(times) : "one number");
const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);

/** The index of an element, from its place in memory, and back. */
function unflat(flat, shape) {
  const index = new Array(shape.length);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = flat % shape[axis];
    flat = Math.floor(flat / shape[axis]);
  }
  return index;
}
const flatOf = (index, shape) => index.reduce((sum, i, axis) => sum * shape[axis] + i, 0);
const indexText = (index) => (index.length ? `[${index.join(", ")}]` : "");

/** Whether a number that was computed anew is the one that was recorded, but for rounding. */
function agrees(computed, recorded, size) {
  if (Number.isNaN(recorded) || !Number.isFinite(recorded)) return Object.is(computed, recorded);
  return Math.abs(computed - recorded) <= 1e-3 * Math.max(Math.abs(recorded), size) + 1e-30;
}
