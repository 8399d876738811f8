/* How large the graph is: as wide as its pane, as far as it can be read; or as the reader wants it. */
const STEP = 1.25;
let factor = null; // of the picture's own size; null: as the pane has it, "fit": all of it

/** The picture's size in its own, beside that of its pane. */
function factorNow() {
  const picture = by("graph").querySelector("svg");
  return picture ? picture.getBoundingClientRect().width / picture.viewBox.baseVal.width : 1;
}

/** Give the picture the size that is wanted. */
function zoom() {
  const pane = by("graph");
  const picture = pane.querySelector("svg");
  pane.classList.toggle("zoomed", factor !== null);
  by("graph-fit").setAttribute("aria-pressed", String(factor === "fit"));
  if (!picture || factor === null) return;
  const { width, height } = picture.viewBox.baseVal;
  const fits = Math.min((pane.clientWidth - 2) / width, (pane.clientHeight - 2) / height, 1);
  pane.style.setProperty("--zoom", String(factor === "fit" ? fits : factor));
}

/** Show the graph at another size, and what happens now in the middle. */
function resize(wanted) {
  factor = wanted;
  zoom();
  revealNow(now());
}

const larger = (times) => resize(Math.max(0.1, Math.min(4, factorNow() * times)));
const fit = () => resize(factor === "fit" ? null : "fit");

/** Over the whole width of the page, or beside the code. */
function widen() {
  const wide = document.body.classList.toggle("widened");
  by("graph-widen").setAttribute("aria-pressed", String(wide));
  resize(factor);
}

for (const [id, act] of [
  ["graph-smaller", () => larger(1 / STEP)],
  ["graph-larger", () => larger(STEP)],
  ["graph-fit", fit],
  ["graph-widen", widen],
])
  by(id).addEventListener("click", act);
