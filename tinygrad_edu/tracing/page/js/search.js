/* Search: events by op, module, formula, tensor and line. */
const MOST_FOUND = 12;
let chosenFound = 0;
let foundNow = [];

/** The parameters that an optimizer's line changes. */
const changed = (event) =>
  event.outputs.p === undefined ? [] : (event.details.parts ?? []).map(([name]) => name);

/** How well an event fits: of that name, about such a tensor, working with one. */
function rankOf(event, word) {
  const of = [...Object.values(event.outputs), event.about].flatMap((id) => VALUES[id]?.name ?? []);
  const has = (text) => text.toLowerCase().includes(word);
  if (event.title.toLowerCase().startsWith(word)) return 0;
  if ([...of, ...changed(event)].some(has)) return 1;
  return event.kind === "zero_grad" ? 3 : 2;
}

/** What is searched, of an event. */
function searchText(event) {
  const names = [
    ...Object.values(event.inputs),
    ...Object.values(event.outputs),
    ...(event.about === undefined ? [] : [event.about]),
  ].map((id) => VALUES[id].name);
  names.push(...changed(event));
  const formula = event.formula === undefined ? "" : DATA.formulas[event.formula].text;
  const place = event.place;
  const lines = place ? DATA.files[place[0]][1][place[2]] : null;
  const line = lines ? lines.map(([, text]) => text).join("") : "";
  return [event.title, event.kind, event.module, formula, ...names, line].join(" ").toLowerCase();
}
const texts = [];

function found(query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  if (/^\d+$/.test(query.trim()) && Number(query) <= LAST) return [EVENTS[Number(query)]];
  if (!texts.length) EVENTS.forEach((event) => texts.push(searchText(event)));
  const all = EVENTS.filter((event) => words.every((word) => texts[event.index].includes(word)));
  const rank = (event) => rankOf(event, words[0]);
  return all.sort((a, b) => rank(a) - rank(b) || a.index - b.index).slice(0, MOST_FOUND);
}

function drawFound() {
  const box = by("search");
  const list = by("found");
  foundNow = found(box.value);
  chosenFound = Math.max(0, Math.min(chosenFound, foundNow.length - 1));
  const open = box.value.trim() !== "" && document.activeElement === box;
  list.hidden = !open;
  box.setAttribute("aria-expanded", String(open));
  const items = foundNow.map((event, i) =>
    h(
      "li",
      {
        id: `found-${i}`,
        role: "option",
        "aria-selected": String(i === chosenFound),
        onpointerdown: (press) => {
          press.preventDefault();
          take(i);
        },
      },
      h("span", { class: `dot ${phaseOf(event)}`, "aria-hidden": "true" }),
      h("b", {}, String(event.index)),
      " ",
      h("span", {}, sentence(event)),
      h("span", { class: "soft" }, ` ${event.module}`),
    ),
  );
  list.replaceChildren(
    ...(items.length
      ? items
      : [
          h(
            "li",
            { class: "soft", role: "option", "aria-selected": "false" },
            "Nothing was found.",
          ),
        ]),
  );
  if (open && items.length) box.setAttribute("aria-activedescendant", `found-${chosenFound}`);
  else box.removeAttribute("aria-activedescendant");
}

function take(number) {
  const event = foundNow[number];
  by("search").value = "";
  by("search").blur();
  if (event) {
    stop();
    go(event.index);
  }
  drawFound();
}

by("search").addEventListener("input", () => {
  chosenFound = 0;
  drawFound();
});
by("search").addEventListener("focus", drawFound);
by("search").addEventListener("blur", drawFound);
by("search").addEventListener("keydown", (key) => {
  if (key.key === "ArrowDown") chosenFound += 1;
  else if (key.key === "ArrowUp") chosenFound -= 1;
  else if (key.key === "Enter") {
    take(chosenFound);
    return;
  } else if (key.key === "Escape") {
    key.target.value = "";
    key.target.blur();
    return;
  } else return;
  key.preventDefault();
  drawFound();
});
