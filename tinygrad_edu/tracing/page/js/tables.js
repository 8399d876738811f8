/* "What if", and the same step in PyTorch. */
function drawWhatIf() {
  const cases = DATA.whatIf;
  const sheet = [h("h2", {}, "The same step with a classic mistake")];
  if (typeof cases === "string") {
    sheet.push(
      h("p", { class: "empty" }, "This step was not run again with a mistake: ", cases, "."),
    );
  } else if (!cases.length) {
    sheet.push(
      h(
        "p",
        { class: "empty" },
        `${cannotRun() || "This page was made without them."} `,
        code("tinygrad-edu step --html FILE SCRIPT"),
        " runs the step again with each mistake and says what goes wrong; so does, after ",
        code("from tinygrad_edu.tracing.again.what_if import what_if"),
        ", ",
        code("trace.html(FILE, what_if=what_if(trace))"),
        ".",
      ),
    );
  } else {
    sheet.push(
      h(
        "p",
        { class: "lead" },
        "The engine has really run this step again, each time with one mistake put in. These are the norms of the gradients that come out.",
      ),
    );
    sheet.push(...cases.map(mistake));
  }
  by("view-what-if").replaceChildren(h("div", { class: "sheet" }, sheet));
}

/** The engine's function and that with the mistake, side by side. */
function codes(right, wrong) {
  if (!right || !wrong) return null;
  const side = (found, who) =>
    h(
      "div",
      { class: "side" },
      codeHead(who, found.file, found.first, found.name),
      block(
        found.lines.map((line, i) => codeLine(found.first + i, line, { lit: false })),
        found.name,
      ),
    );
  return h(
    "details",
    {},
    h("summary", {}, "What was changed in the engine"),
    h("div", { class: "sides" }, side(right, "the engine"), side(wrong, "with the mistake")),
  );
}

function mistake({ title, explanation, rows, error, right, wrong: changed }) {
  const worst = Math.max(
    0,
    ...rows.map(([, , , difference]) => real(difference)).filter((x) => Number.isFinite(x)),
  );
  const wrong = rows.filter((row) => real(row[3]) !== 0).length;
  const verdict = error
    ? "it fails"
    : wrong
      ? `${wrong} of ${rows.length} gradients are wrong`
      : "no gradient changes here";
  return h(
    "article",
    { class: "card" },
    h(
      "header",
      {},
      h("h3", {}, title),
      h("span", { class: `verdict ${error || wrong ? "bad" : "good"}` }, verdict),
    ),
    h("p", {}, explanation),
    error ? h("p", { class: "error" }, code(error)) : null,
    codes(right, changed),
    wrong
      ? table(
          ["parameter", "right norm", "wrong norm", "largest difference", ""],
          rows.map((row) => {
            const [name, right, other, difference] = [row[0], ...row.slice(1, 4).map(real)];
            return [
              code(name),
              brief(right, 5),
              brief(other, 5),
              brief(difference, 3),
              bar(difference, worst || 1, true),
            ];
          }),
          { label: title },
        )
      : null,
  );
}

function drawBeside() {
  const beside = DATA.beside;
  const rows = beside ? beside.rows : [];
  const sheet = [h("h2", {}, "The same step in PyTorch")];
  if (beside) {
    sheet.push(h("p", { class: "lead" }, beside.sentence));
    for (const note of beside.notes)
      sheet.push(h("p", {}, `${note[0].toUpperCase()}${note.slice(1).replace(/\.?$/, ".")}`));
  } else {
    sheet.push(
      h(
        "p",
        { class: "empty" },
        `${cannotRun() || "This page was made without it."} Where torch is installed, `,
        code("tinygrad-edu step --html FILE SCRIPT"),
        " runs the script in PyTorch too, and sets both side by side, op by op.",
      ),
    );
  }
  if (rows.length) sheet.push(besideTable(rows));
  by("view-beside").replaceChildren(h("div", { class: "sheet" }, sheet));
}
