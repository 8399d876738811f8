/* The ledger of a gradient: which contributions have arrived, and which are awaited. */
function ledgerFigure(event, why) {
  if (event.about === undefined) return null;
  const rows = ledger(event.about, event);
  if (!rows.length) return null;
  const shape = VALUES[event.about].shape;
  const mainShape = why.chosen === null ? null : why.shape;
  const same = mainShape && mainShape.join() === shape.join();
  const at = same ? why.chosen : null;
  const items = rows.map((row) => {
    const arrived = row.index <= event.index;
    const grad = row.inputs.grad;
    const array = grad === undefined ? null : elements(grad);
    const from = EVENTS[row.forward];
    const number = at !== null && array ? brief(Number(array[at])) : "";
    return h(
      "li",
      { class: `${arrived ? "arrived" : "awaited"}${row === event ? " now" : ""}` },
      h("span", { class: "state" }, arrived ? "arrived" : "awaited"),
      h(
        "span",
        { class: "from" },
        `${row.details.k} of ${row.details.n}`,
        from ? [" through ", code(from.title)] : "",
      ),
      h(
        "span",
        { class: "norm" },
        grad === undefined ? "" : `norm ${brief(VALUES[grad].summary.norm)}`,
      ),
      number ? h("span", { class: "share" }, code(`${indexText(why.index)} ${number}`)) : null,
      row === event
        ? null
        : button("go", () => go(row.index), {
            class: "jump",
            "aria-label": `Go to contribution ${row.details.k}`,
          }),
    );
  });
  const arrived = rows.filter((row) => row.index <= event.index);
  const last = arrived.at(-1);
  const sum = last ? Object.values(last.outputs)[0] : undefined;
  const total = !last
    ? "Nothing has arrived yet"
    : last.details.k === last.details.n
      ? "The gradient is complete"
      : "The sum so far";
  return figure(
    ["The ledger of ", code(label(event.about))],
    h("ol", { class: "ledger" }, items),
    h(
      "p",
      { class: "total" },
      total,
      sum === undefined ? "." : `: norm ${brief(VALUES[sum].summary.norm)}.`,
    ),
    hookNote(rows.at(-1), event),
  );
}

/** What a hook makes of the complete gradient, after its last contribution. */
function hookNote(last, event) {
  const next = EVENTS.slice(last.index + 1).find(
    (e) => e.about === last.about && ["accumulate", "hook", "grad"].includes(e.kind),
  );
  if (!next || next.kind !== "hook") return null;
  const norm = brief(VALUES[next.outputs.after].summary.norm);
  return h(
    "p",
    { class: "total" },
    `A hook, ${next.details.hooks.join(", ")}, puts another in its place: norm ${norm}. `,
    next === event
      ? null
      : button("go", () => go(next.index), { class: "jump", "aria-label": "Go to the hook" }),
  );
}
