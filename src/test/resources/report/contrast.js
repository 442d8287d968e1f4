// The contrast of every text that is shown with what is behind it, as the WCAG computes it.
const parts = (color) => color.match(/[\d.]+/g).map(Number);
const luminance = ([r, g, b]) => [r, g, b]
  .map((c) => c / 255)
  .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
  .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
function behind(element) {
  for (let at = element; at; at = at.parentElement) {
    const color = parts(getComputedStyle(at).backgroundColor);
    if (color[3] !== 0) return color;
  }
  return [255, 255, 255];
}
for (const details of document.querySelectorAll('details')) details.open = true;
const seen = [];
for (const element of document.querySelectorAll('body *')) {
  const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const isShown = element.checkVisibility() && !element.disabled
    && !element.closest('script, .skip, .unseen, #rows tr:nth-child(n + 4)');
  if (!hasText || !isShown) continue;
  const style = getComputedStyle(element);
  const color = parts(element instanceof SVGElement ? style.fill : style.color);
  const [low, high] = [luminance(color), luminance(behind(element))].sort((a, b) => a - b);
  seen.push({text: element.textContent.slice(0, 40), ratio: (high + 0.05) / (low + 0.05)});
}
return seen;
