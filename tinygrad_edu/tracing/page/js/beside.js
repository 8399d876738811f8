/* The table of a step beside PyTorch. */
const HEADINGS = ["event", "what", "of", "node", "difference", "in eps", "where it is largest"];

/** All rows, with a heading for each training step if there are several. */
function besideTable(rows) {
  const steps = Map.groupBy(rows, (row) => EVENTS[row.event].step);
  const parts = [...steps].map(([step, inStep]) => [
    steps.size > 1
      ? h(
          "tr",
          { class: "step" },
          h("th", { scope: "rowgroup", colspan: HEADINGS.length }, `training step ${step}`),
        )
      : null,
    inStep.map(besideRow),
  ]);
  const head = HEADINGS.map((text) => h("th", { scope: "col" }, text));
  return h(
    "div",
    { class: "wide", tabindex: "0", role: "region", "aria-label": "The step in PyTorch" },
    h(
      "table",
      { class: "beside" },
      h("thead", {}, h("tr", {}, head)),
      parts.map((part) => h("tbody", {}, part)),
    ),
  );
}

function besideRow(row) {
  const [difference, eps] = [real(row.difference), real(row.eps)];
  const number = (x) => (Number.isNaN(difference) ? "–" : brief(x, 3));
  return h(
    "tr",
    { class: row.within ? null : "outside" },
    h("th", { scope: "row" }, button(String(row.event), () => go(row.event), { class: "jump" })),
    h(
      "td",
      { class: "kind" },
      h("span", { class: `dot ${KINDS[row.kind]}`, "aria-hidden": "true" }),
      OTHERS[row.kind],
    ),
    h("td", { class: "of" }, row.name ? code(row.name) : ""),
    h("td", { class: "node-names" }, nodes(row)),
    h("td", { class: "difference" }, number(difference)),
    h("td", { class: row.within ? "in-eps" : "in-eps bad-text" }, number(eps)),
    h("td", { class: "remark" }, remarkOf(row)),
  );
}

/** The node here, and PyTorch's, if that is another one. */
function nodes({ ours, theirs }) {
  if (theirs === ours) return code(short(ours));
  const there = theirs ? [code(short(theirs)), " in PyTorch"] : "none in PyTorch";
  return [code(short(ours)), h("span", { class: "soft" }, "; ", there)];
}

/** What is to be said of a row, beyond which node PyTorch has. */
function remarkOf({ theirs, remark }) {
  const node = `${theirs} in PyTorch`;
  return remark.startsWith(node) ? remark.slice(node.length).replace(/^; /, "") : remark;
}

/** A node's name without the namespace that a few have. */
const short = (name) => name.replace("torch::autograd::", "");
