/* The beginning. */
drawCurves();
drawWhatIf();
drawBeside();
follow();
addEventListener("hashchange", () => {
  if (location.hash !== address()) follow();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
let resizing = 0;
addEventListener("resize", () => {
  clearTimeout(resizing);
  resizing = setTimeout(draw, 120);
});
document.documentElement.dataset.drawn = "";
