
"use strict";
// Output as a terminal shows it: the colours of SGR sequences; other sequences are dropped, other
// control characters shown.
// The element comes from `make`, which takes a tag, attributes and children.
function coloured(text, make) {
  const pre = make("pre", { tabindex: "0" });
  let style = {};
  const put = (part) => {
    const clean = part.replace(/\r\n?/g, "\n").replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, (c) => "\\x" + c.charCodeAt(0).toString(16).padStart(2, "0"));
    if (clean === "") return;
    const classes = Object.values(style).filter((value) => typeof value === "string");
    const rgb = (value) => `rgb(${value.join(",")})`;
    const [front, back] = style.inverse ? [style.b, style.f] : [style.f, style.b];
    if (Object.keys(style).length === 0) return pre.append(clean);
    const span = make("span", { class: classes.join(" ") || null }, clean);
    if (Number.isInteger(front)) span.classList.add(`f${front}`);
    if (Number.isInteger(back)) span.classList.add(`b${back}`);
    if (Array.isArray(front)) span.style.color = rgb(front);
    if (Array.isArray(back)) span.style.backgroundColor = rgb(back);
    if (style.inverse && front === undefined && back === undefined) {
      span.style.color = "var(--back)";
      span.style.backgroundColor = "var(--text)";
    }
    pre.append(span);
  };
  const palette = (n) => {
    if (n < 16) return n;
    if (n >= 232) return [n, n, n].map((v) => (v - 232) * 10 + 8);
    const level = (v) => (v === 0 ? 0 : 55 + 40 * v);
    return [level(Math.floor((n - 16) / 36)), level(Math.floor((n - 16) / 6) % 6), level((n - 16) % 6)];
  };
  const set = (codes) => {
    for (let n = 0; n < codes.length; n += 1) {
      const code = codes[n];
      if (code === 0) style = {};
      else if ([1, 2, 3, 4, 9].includes(code)) style["s" + code] = "s" + code;
      else if (code === 7) style.inverse = true;
      else if (code === 22) { delete style.s1; delete style.s2; }
      else if ([23, 24, 29].includes(code)) delete style["s" + (code - 20)];
      else if (code === 27) delete style.inverse;
      else if (code >= 30 && code <= 37) style.f = code - 30;
      else if (code >= 90 && code <= 97) style.f = code - 82;
      else if (code === 39) delete style.f;
      else if (code >= 40 && code <= 47) style.b = code - 40;
      else if (code >= 100 && code <= 107) style.b = code - 92;
      else if (code === 49) delete style.b;
      else if (code === 38 || code === 48) {
        const name = code === 38 ? "f" : "b";
        if (codes[n + 1] === 5) style[name] = palette(Math.min(255, codes[n + 2] ?? 0));
        else if (codes[n + 1] === 2) style[name] = [2, 3, 4].map((m) => Math.min(255, codes[n + m] ?? 0));
        n += codes[n + 1] === 5 ? 2 : 4;
      }
    }
  };
  const sequence = /\x1b\[([\x20-\x3f]*)([\x40-\x7e])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)/g;
  let from = 0;
  for (const match of text.matchAll(sequence)) {
    put(text.slice(from, match.index));
    if (match[2] === "m" && /^[0-9;:]*$/.test(match[1])) set(match[1].split(/[;:]/).map(Number));
    from = match.index + match[0].length;
  }
  put(text.slice(from));
  return pre;
}

