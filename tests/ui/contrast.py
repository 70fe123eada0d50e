"""How well a page's words stand out, measured in the browser as WCAG 2 tells it (4.5 : 1 is the least)."""

TOO_FAINT = """() => {
  const linear = v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = c => 0.2126 * linear(c[0]) + 0.7152 * linear(c[1]) + 0.0722 * linear(c[2]);
  const parsed = text => [...text.match(/[\\d.]+/g).map(Number), 1].slice(0, 4);
  const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3]));
  const lineage = e => e ? [e, ...lineage(e.parentElement)] : [];
  const ground = e => lineage(e).reverse().reduce(
    (below, one) => over(parsed(getComputedStyle(one).backgroundColor), below), [255, 255, 255]);
  const opacity = e => lineage(e).reduce((all, one) => all * getComputedStyle(one).opacity, 1);
  const faint = [], words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const e = words.currentNode.parentElement, text = words.currentNode.textContent.trim();
    const box = e.getBoundingClientRect(), style = getComputedStyle(e), seen = opacity(e);
    if (!text || !box.width || !box.height || style.visibility === 'hidden' || !seen) continue;
    if (e.closest('[data-testid="stSlider"]')) continue;
    const below = ground(e), ink = parsed(style.color);
    const shown = light(over([...ink.slice(0, 3), ink[3] * seen], below)), behind = light(below);
    const ratio = (Math.max(shown, behind) + 0.05) / (Math.min(shown, behind) + 0.05);
    if (ratio < 4.5) faint.push(text.slice(0, 60));
  }
  return faint;
}"""
"""Gives the texts that are fainter; the slider of Streamlit hides its words until they are needed."""
