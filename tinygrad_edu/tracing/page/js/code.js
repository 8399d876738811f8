/* The user's line with what runs of it, over the engine's lines that run. */

/** The pieces of a line, of which the characters from `from` to `to` are marked. */
function piecesOf(line, from, to) {
  const [before, inside, after] = [[], [], []];
  let at = 0;
  for (const [css, text] of line) {
    const cuts = [0, from - at, to - at, text.length].map((x) =>
      Math.max(0, Math.min(text.length, x)),
    );
    const piece = (a, b) =>
      a < b ? h("span", { class: css ? `t-${css}` : null }, text.slice(a, b)) : null;
    before.push(piece(0, cuts[1]));
    inside.push(piece(cuts[1], cuts[2]));
    after.push(piece(Math.max(cuts[1], cuts[2]), cuts[3]));
    at += text.length;
  }
  return [before, inside.some(Boolean) ? h("mark", {}, inside) : null, after];
}

function codeLine(number, line, options) {
  const { lit, from = 0, to = 0 } = options;
  return h(
    "div",
    { class: `code-line${lit ? " lit" : ""}`, "aria-current": lit ? "true" : null },
    h("span", { class: "number", "aria-hidden": "true" }, String(number)),
    h("span", { class: "text", style: { "--indent": indent(line) } }, piecesOf(line, from, to)),
  );
}

function userCode(event) {
  const place = placeOf(event);
  if (!place) return [h("p", { class: "soft" }, "No line of yours was running.")];
  const [file, name, line, end, column, endColumn] = place;
  const [path, lines] = DATA.files[file];
  const rows = [];
  for (let n = line - 9; n <= end + 9; n++) {
    if (!(n in lines)) continue;
    const lit = n >= line && n <= end;
    const from = lit && n === line && column >= 0 ? column : 0;
    const to = lit && column >= 0 ? (n === end ? endColumn : Infinity) : 0;
    rows.push(codeLine(n, lines[n], { lit, from: n > line ? indent(lines[n]) : from, to }));
  }
  const forward = EVENTS[event.forward];
  const why = forward && String(forward.place) === String(place) ? "ran forward" : "your line";
  const shown = rows.length
    ? block(rows, `Your code around line ${line}`)
    : h("p", { class: "soft" }, "The text of this file is not in the trace.");
  return [codeHead(why, path, line, name), shown];
}

/** The blanks at the beginning of a line. */
function indent(line) {
  return line
    .map(([, text]) => text)
    .join("")
    .search(/\S|$/);
}

function engineCode(event) {
  if (event.code === undefined) return [];
  const found = DATA.codes[event.code];
  const [first, last] = event.line ? [event.line, event.line] : found.running;
  const rows = found.lines.map((line, i) => {
    const number = found.first + i;
    const runs = number >= first && number <= last;
    return codeLine(number, line, { lit: event.ran ? event.ran.includes(number) : runs });
  });
  const way = event.frames?.length
    ? h(
        "details",
        { class: "way" },
        h("summary", {}, "The way there"),
        h(
          "ol",
          {},
          event.frames.map(([file, name, line]) =>
            h("li", {}, code(name), " ", h("span", { class: "soft" }, `${file}:${line}`)),
          ),
        ),
      )
    : null;
  return [
    codeHead("the engine", found.file, first, found.name),
    block(rows, `The engine's ${found.name}`),
    way,
  ];
}

/** The end of a file's path; that of a notebook's cell says nothing. */
const fileText = (file) =>
  /ipykernel_[^/]*[/][^/]*$/.test(file) ? "a cell" : file.split("/").slice(-2).join("/");

const codeHead = (who, file, line, name) =>
  h(
    "div",
    { class: "pane-head" },
    h("h2", {}, who),
    h(
      "span",
      { class: "where", title: file },
      h("b", {}, name.replaceAll("<locals>.", "")),
      ` ${fileText(file)}:${line}`,
    ),
  );

const block = (rows, about) =>
  h("div", { class: "source", tabindex: "0", role: "region", "aria-label": about }, rows);

/** Scroll a block, and nothing else, so that its first lit line can be seen. */
function revealLine(pane) {
  const source = pane.querySelector(".source");
  const all = source?.querySelectorAll(".lit");
  if (!all?.length) return;
  const [first, last] = [all[0], all[all.length - 1]];
  const height = last.offsetTop + last.offsetHeight - first.offsetTop;
  source.scrollTop =
    first.offsetTop - Math.max(first.offsetHeight * 2, (source.clientHeight - height) / 2);
}

onDraw((event) => {
  by("user-code").replaceChildren(...userCode(event));
  by("engine-code").replaceChildren(...engineCode(event).filter(Boolean));
});
afterDraw(() => {
  revealLine(by("user-code"));
  revealLine(by("engine-code"));
});
