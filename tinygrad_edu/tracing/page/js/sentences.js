/* What happens in an event, in a sentence. */
const OTHERS = {
  forward: "forward",
  seed: "backward begins",
  derivative: "derivative",
  broadcast: "broadcast sum",
  accumulate: "ledger",
  hook: "hook",
  grad: ".grad",
  update: "optimizer",
  zero_grad: "zero_grad",
};

const strong = (text) => h("b", {}, text);
const code = (text) => h("code", {}, text);

/** Names, with commas and an "and". */
function enumerated(items) {
  return items.map((item, i) => [i === 0 ? "" : i === items.length - 1 ? " and " : ", ", item]);
}

function sentence(event) {
  const d = event.details;
  const of = event.about === undefined ? "a tensor" : code(label(event.about));
  switch (event.kind) {
    case "forward": {
      const from = Object.values(event.inputs).map((id) => code(label(id)));
      const verb = d.in_place ? " writes into " : " computes ";
      const main = mainOutput(event);
      return [
        strong(event.title),
        verb,
        main ? shapeWords(main[1]) : "nothing",
        from.length ? [" from ", enumerated(from.slice(0, 6)), from.length > 6 ? " …" : ""] : "",
      ];
    }
    case "seed":
      return /= 1$/.test(DATA.formulas[event.formula].text)
        ? ["The backward pass begins at ", of, ": its gradient with respect to itself"]
        : ["The backward pass begins at ", of, " with the gradient that it was given"];
    case "derivative":
      if (/^\d+$/.test(d.argument ?? "0")) {
        return [strong(event.title), " passes the gradient on to ", of]; // a function's arguments
      }
      return [
        strong(event.title),
        " passes the gradient on to ",
        code(d.argument),
        event.about === undefined ? "" : [", which is ", of],
      ];
    case "broadcast":
      return [
        of,
        " was repeated along ",
        axesWords(d.axes),
        " in the forward pass, so its gradient is summed over ",
        d.axes.length === 1 ? "it" : "them",
      ];
    case "accumulate": {
      const left = d.n - d.k;
      return [
        "Contribution ",
        strong(`${d.k} of ${d.n}`),
        " to the gradient of ",
        of,
        " has arrived",
        left ? `; ${left} more ${left > 1 ? "are" : "is"} awaited` : "",
      ];
    }
    case "hook":
      return [
        "The hook ",
        code(d.hooks.join(", ")),
        " puts another gradient of ",
        of,
        " in the place of the complete one",
      ];
    case "grad":
      return [
        "The gradient of ",
        of,
        " is complete, and is ",
        event.inputs.before === undefined ? "kept as " : "added to ",
        code(`${label(event.about ?? 0)}.grad`),
      ];
    case "update":
      return [
        strong(event.title),
        " changes ",
        enumerated(Object.keys(event.outputs).map((name) => code(name))),
      ];
    default: {
      const had = d.had_grad.length;
      if (!had) return [strong(event.title), " has no gradients to forget yet"];
      const many = had > 1 ? "s" : "";
      return [strong(event.title), ` forgets the gradient${many} of ${had} parameter${many}`];
    }
  }
}

const axesWords = (axes = []) => `ax${axes.length === 1 ? "is" : "es"} ${axes.join(", ")}`;

function shapeWords(id) {
  const value = VALUES[id];
  return value.size === 1 ? ["one number"] : [`${shapeText(value.shape)} numbers`];
}

/** The module an event runs in: its path, part by part. */
function crumbs(event) {
  if (!event.module) return null;
  return h(
    "span",
    { class: "crumbs" },
    event.module
      .split(".")
      .flatMap((part, i) => [
        i ? h("span", { "aria-hidden": "true" }, "›") : null,
        h("span", {}, part),
      ]),
  );
}

onDraw((event) => {
  const steps =
    EVENTS[LAST].step > 0 ? h("span", { class: "soft" }, `training step ${event.step}`) : null;
  by("sentence").replaceChildren(
    h(
      "p",
      { class: "over" },
      h("span", { class: `badge ${phaseOf(event)}` }, OTHERS[event.kind]),
      crumbs(event),
      steps,
    ),
    h("p", { class: "what" }, sentence(event), "."),
  );
});
