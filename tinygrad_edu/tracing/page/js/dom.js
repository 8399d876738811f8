/* Elements, made from data that is never read as markup: it only becomes text. */
const SVG = "http://www.w3.org/2000/svg";
const MATHML = "http://www.w3.org/1998/Math/MathML";

const by = (id) => document.getElementById(id);

/** Give an element attributes, listeners ("onclick") and styles, and append children. */
function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "style") {
      for (const [key, text] of Object.entries(value)) node.style.setProperty(key, text);
    } else node.setAttribute(name, value === true ? "" : value);
  }
  const wanted = children
    .flat(Infinity)
    .filter((c) => c !== null && c !== undefined && c !== false);
  node.append(...wanted);
  return node;
}

const h = (tag, attributes = {}, ...children) =>
  filled(document.createElement(tag), attributes, children);
const svg = (tag, attributes = {}, ...children) =>
  filled(document.createElementNS(SVG, tag), attributes, children);

/** A button that does something, with the same text for all. */
const button = (text, onclick, attributes = {}) =>
  h("button", { type: "button", onclick, ...attributes }, text);

/** A piece of MathML as `mathml.py` makes it; `dress` may give something in place of a name. */
function mathml(piece, dress = () => null) {
  if (typeof piece === "string") return document.createTextNode(piece);
  const [tag, attributes, ...children] = piece;
  const name = attributes["data-name"];
  const dressed = name === undefined ? null : dress(name);
  if (dressed) return dressed;
  const node = document.createElementNS(MATHML, tag);
  return filled(
    node,
    attributes,
    children.map((child) => mathml(child, dress)),
  );
}

const mi = (name) =>
  filled(document.createElementNS(MATHML, "mi"), { "data-name": name, mathvariant: "normal" }, [
    name,
  ]);
const m = (tag, ...children) => filled(document.createElementNS(MATHML, tag), {}, children);
const mathBlock = (...children) =>
  filled(document.createElementNS(MATHML, "math"), { display: "block" }, children);

/** A table with a row of headings. */
function table(headings, rows, attributes = {}) {
  return h(
    "div",
    { class: "wide", tabindex: "0", role: "region", "aria-label": attributes.label || "Table" },
    h(
      "table",
      { class: attributes.class },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          headings.map((text) => (text ? h("th", { scope: "col" }, text) : h("td"))),
        ),
      ),
      h(
        "tbody",
        {},
        rows.map((row) =>
          h(
            "tr",
            {},
            row.map((cell, number) =>
              number ? h("td", {}, cell) : h("th", { scope: "row" }, cell),
            ),
          ),
        ),
      ),
    ),
  );
}
