/* Light or dark, before anything is drawn: as the system has it, until the reader chooses. */
const asSystem = matchMedia("(prefers-color-scheme: dark)");
function takeTheme() {
  const { dataset } = document.documentElement;
  if (dataset.chosen === undefined) dataset.theme = asSystem.matches ? "dark" : "light";
}
takeTheme();
asSystem.addEventListener("change", takeTheme);
