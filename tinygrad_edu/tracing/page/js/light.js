/* What is lit in the graph: what has happened until now, and what happens. */
function light(event) {
  const { parts, scale } = drawn;
  if (!parts) return;
  const current = nodeNow(event);
  for (const [id, { node, part }] of parts.nodes) {
    const begun = node.value !== undefined || node.ops[0].index <= event.index;
    part.classList.toggle("done", begun);
    part.classList.toggle("now", id === current);
    part.setAttribute(
      "tabindex",
      id === (parts.nodes.has(focused) ? focused : current) ? "0" : "-1",
    );
    if (id === current) part.setAttribute("aria-current", "step");
    else part.removeAttribute("aria-current");
  }
  if (![...parts.nodes.values()].some(({ part }) => part.getAttribute("tabindex") === "0")) {
    [...parts.nodes.values()][0]?.part.setAttribute("tabindex", "0");
  }
  for (const { edge, forward, backward, gradients } of parts.edges) {
    const target = edge.uses[0][0];
    forward.classList.toggle("done", target <= event.index);
    forward.classList.toggle(
      "now",
      edge.uses.some(([op]) => op === event.index),
    );
    if (!backward) continue;
    const past = gradients.filter((e) => e.index <= event.index);
    const shown = past.at(-1) || gradients.at(-1);
    const value = VALUES[Object.values(shown.outputs)[0]];
    const size = magnitude(value);
    backward.style.setProperty("--size", scale.of(size).toFixed(3));
    backward.classList.toggle("done", past.length > 0);
    backward.classList.toggle("zero", size === 0 && !odd(value));
    backward.classList.toggle("odd", odd(value));
    backward.classList.toggle("now", gradients.includes(event));
  }
  for (const { id, bar } of parts.chips) {
    const past = (gradientsFor.get(id) || []).filter((e) => e.index <= event.index);
    const value = past.length ? VALUES[Object.values(past.at(-1).outputs)[0]] : null;
    const size = value ? scale.of(magnitude(value)) : 0;
    bar.setAttribute("width", value ? (4 + 34 * size).toFixed(1) : 0);
    bar.style.setProperty("--size", size.toFixed(3));
    bar.classList.toggle("odd", value !== null && odd(value));
    bar.parentNode.classList.toggle("now", id === event.about || event.kind === "update");
  }
}

/** The node of what happens now. */
function nodeNow(event) {
  const op = event.kind === "forward" ? event : EVENTS[event.forward];
  if (op && event.kind !== "grad") return nodeOf(op, state.folded);
  if (event.about === undefined) return null;
  for (const [id, { node }] of drawn.parts.nodes) {
    if (node.value === event.about || node.parameters.includes(event.about)) return id;
    if (node.ops.some((each) => Object.values(each.outputs).includes(event.about))) return id;
  }
  return null;
}

/** Scroll the graph, and only it, so that the node of what happens can be seen. */
function revealNow(event) {
  const pane = by("graph");
  const part = drawn.parts?.nodes.get(nodeNow(event))?.part;
  if (!part) return;
  const [inner, outer] = [part.getBoundingClientRect(), pane.getBoundingClientRect()];
  if (inner.top < outer.top + 20 || inner.bottom > outer.bottom - 20) {
    pane.scrollTop += inner.top - outer.top - (outer.height - inner.height) / 2;
  }
  if (inner.left < outer.left || inner.right > outer.right) {
    pane.scrollLeft += inner.left - outer.left - (outer.width - inner.width) / 2;
  }
}

function legend() {
  const { low, high } = drawn.scale;
  if (!high) return [];
  return [
    h(
      "p",
      { class: "scale" },
      h("span", {}, "gradient, root mean square"),
      h(
        "span",
        { class: "ends" },
        brief(low, 2),
        h("i", { class: "ramp", "aria-hidden": "true" }),
        brief(high, 2),
      ),
    ),
  ];
}
