/* The keys, and the help that lists them. */
const jumpTo = (at) => {
  if (at !== null && at >= 0) go(at);
};

/** The tensor that a key is about: that of the card which has the focus, else the event's. */
function tensorInFocus() {
  const card = document.activeElement?.closest?.(".tensor");
  return card ? Number(card.dataset.value) : subject(now());
}

const ofTensor = (find) => () => {
  const id = tensorInFocus();
  if (id !== null) jumpTo(find(id));
};

/** Keys, the first as it is shown in the help; what the help says of them; and what they do. */
const KEYS = [
  [["→", "ArrowRight", "l"], "one event on", () => go(state.at + 1)],
  [["←", "ArrowLeft", "h"], "one event back", () => go(state.at - 1)],
  [["N", "n"], "over the rest of this module, or of an optimizer's step", () => go(over(1))],
  [["P", "p"], "the same, back", () => go(over(-1))],
  [["B", "b"], "to where this tensor was born; of a parameter, its gradient", ofTensor(birthOf)],
  [
    ["G", "g"],
    "to where its gradient is complete",
    ofTensor((id) => gradientOf(VALUES[id].of ?? id)),
  ],
  [
    ["+ −", "+", "=", "-"],
    "the graph larger, smaller",
    (key) => larger(key === "-" ? 1 / STEP : STEP),
  ],
  [["F", "f"], "all of the graph in its pane, or as it can be read", fit],
  [["W", "w"], "the graph as wide as the page, or beside the code", widen],
  [["X", "x"], "to the next nan or infinity", () => jumpTo(nextOdd())],
  [["Space", " "], "play, and stop", play],
  [["Home", "Home"], "to the first event", () => go(0)],
  [["End", "End"], "to the last event", () => go(LAST)],
  [["/", "/"], "search", () => by("search").focus()],
  [["1 … 4", "1", "2", "3", "4"], "the tabs", (key) => show(TABS[Number(key) - 1])],
  [["T", "t"], "light or dark", () => toggleTheme()],
  [["?", "?"], "this help", () => by("help").showModal()],
];

function onKey(key) {
  if (key.ctrlKey || key.metaKey || key.altKey || by("help").open) return;
  const inside = key.target;
  if (inside instanceof Element && inside.matches("input:not([type=range]), select, textarea"))
    return;
  const name =
    key.shiftKey && key.key === "ArrowRight"
      ? "n"
      : key.shiftKey && key.key === "ArrowLeft"
        ? "p"
        : key.key.length === 1
          ? key.key.toLowerCase()
          : key.key;
  if (name === " " && inside instanceof Element && inside.matches("button, summary, [role=button]"))
    return;
  const tabs = inside instanceof Element && inside.matches("[role=tab]");
  if (tabs && (name === "ArrowRight" || name === "ArrowLeft")) {
    const next =
      TABS[(TABS.indexOf(state.tab) + (name === "ArrowRight" ? 1 : TABS.length - 1)) % TABS.length];
    show(next);
    by(`tab-${next}`).focus();
    key.preventDefault();
    return;
  }
  const found = KEYS.find(([[, ...names]]) => names.includes(name));
  if (!found) return;
  key.preventDefault();
  if (name !== " ") stop();
  found[2](name);
}

function toggleTheme() {
  const { dataset } = document.documentElement;
  dataset.theme = dataset.theme === "dark" ? "light" : "dark";
  dataset.chosen = "";
  draw();
}

document.addEventListener("keydown", onKey);
by("theme").addEventListener("click", toggleTheme);
by("help-button").addEventListener("click", () => by("help").showModal());
TABS.forEach((tab) => by(`tab-${tab}`).addEventListener("click", () => show(tab)));
by("help-keys").replaceChildren(
  ...KEYS.map(([[shown], text]) =>
    h("div", {}, h("dt", {}, h("kbd", {}, shown)), h("dd", {}, text)),
  ),
);
