// The timeline: one unit is one second by one slot; zooming changes only the width.
// Services are below the slots, each in the first row that is free.
let zoom = 1;
let bars = null;
let rows = Math.max(slots, 1);
{
  const ends = [];
  for (const attempt of attempts.filter(({ job }) => job.service).sort((a, b) => a.start - b.start)) {
    let row = ends.findIndex((end) => end <= attempt.start);
    if (row < 0) row = ends.length;
    ends[row] = attempt.end;
    attempt.row = rows + row + 1;
  }
  rows += ends.length;
  for (const attempt of attempts) attempt.row ??= attempt.slot;
}
const ROW = Math.max(6, Math.min(20, 400 / rows));
const TICKS = 18; // The height of the scale above the bars.
const ARROWS = 100; // At most so many arrows in each direction.

function drawBars() {
  const height = rows;
  bars = draw("svg", { viewBox: `0 0 ${length} ${height}`, preserveAspectRatio: "none", height: height * ROW, role: "img", "aria-label": `${count(attempts.length, "attempt")} in ${count(slots, "slot")}; the table below has the same data` });
  const bar = (x, y, width, height, name, index) => {
    const rect = draw("rect", { class: `bar ${name}`, x: x - begin, y, width: Math.max(width, 0), height });
    if (index !== null) rect.setAttribute("data-job", index);
    bars.append(rect);
  };
  if (critical !== null) bar(critical.from, 0, critical.to - critical.from, height, "critical", null);
  attempts.forEach(({ job, n, row, start, end, status, ready }, index) => {
    // Several jobs may wait for a slot while another runs in it: waiting is drawn at the edge of the row.
    if (ready !== null && start - ready > length / 1000) bar(ready, row - 0.97, start - ready, 0.1, "wait", index);
    const isAllowed = job.allowed && n === job.ran.length - 1;
    bar(start, row - 0.8, end - start, 0.7, (isAllowed ? "allowed" : kind(status)) + (job.service ? " service" : ""), index);
  });
  for (const { attempt, from, to } of path) bar(from, attempt.row - 0.12, to - from, 0.16, "path", null);
}

function showLegend() {
  const shown = [
    ["allowed", "failed (allowed)", jobs.some((job) => job.allowed)],
    ["service", "service", jobs.some((job) => job.service)],
    ["path", "critical path", path.length > 0],
    ["critical", "critical stretch", critical !== null],
  ];
  for (const [name, text, isShown] of shown) {
    if (isShown) $("legend").append(make("i", { class: name }), `${text} `);
  }
}

function drawTimeline() {
  const width = Math.max(200, $("timeline").clientWidth - 2) * zoom;
  bars.setAttribute("width", width);
  const step = [0.001, 0.002, 0.005].flatMap((s) => [0, 1, 2, 3, 4, 5, 6, 7, 8].map((p) => s * 10 ** p)).sort((a, b) => a - b).find((s) => (s / length) * width >= 80) ?? length;
  const ticks = draw("svg", { class: "ticks", width, height: TICKS, "aria-hidden": "true" });
  for (let n = 0; n * step <= length && n < 5000; n += 1) {
    const x = ((n * step) / length) * width;
    ticks.append(draw("line", { class: "tick", x1: x, x2: x, y1: 0, y2: TICKS }));
    const text = draw("text", { x: x + 3, y: 13 });
    text.textContent = time(n * step);
    ticks.append(text);
  }
  arrows = draw("svg", { class: "arrows", width, height: TICKS + rows * ROW, "aria-hidden": "true" });
  $("timeline").replaceChildren(ticks, arrows, bars);
  drawArrows();
  $("zoom-level").textContent = `${zoom} ×`;
}

function setZoom(next, middle) {
  const box = $("timeline");
  const at = middle ?? box.clientWidth / 2;
  const place = (box.scrollLeft + at) / zoom;
  zoom = Math.max(1, Math.min(256, next));
  drawTimeline();
  box.scrollLeft = place * zoom - at;
}

let chosen = null;
let arrows = null;

// How a job was scheduled, if not like most jobs.
function scheduling(job) {
  return [
    job.service ? "service" : null,
    job.needed.length > 0 ? `needs ${list(job.needed.map((need) => need.label))}` : null,
    job.users.length > 0 ? `needed by ${list(job.users.map((user) => user.label))}` : null,
    job.pool !== undefined ? `pool ${job.pool}` : null,
    job.weight !== undefined ? `weight ${job.weight}` : null,
    job.may_fail ? "may fail" : null,
  ].filter((fact) => fact !== null);
}

// Draws arrows from what the chosen job needs, and to what needs it.
function drawArrows() {
  arrows.replaceChildren();
  if (chosen === null) return;
  const scale = arrows.getAttribute("width") / length;
  const place = (moment, row) => [(moment - begin) * scale, TICKS + (row - 0.45) * ROW];
  const arrow = (need, user, name) => {
    const [from, to] = [need.service ? need.ran[0] : need.ran.at(-1), user.ran[0]];
    if (from === undefined || to === undefined) return;
    const [x1, y1] = place(released(need), from.row);
    const [x2, y2] = place(to.start, to.row);
    const bend = Math.max(12, Math.min(60, (x2 - x1) / 2));
    arrows.append(
      draw("path", { class: `arrow ${name}`, d: `M${x1},${y1} C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2 - 5},${y2}` }),
      draw("path", { class: `head ${name}`, d: `M${x2},${y2} l-7,-4 l0,8 z` }),
    );
  };
  const { job } = attempts[chosen];
  for (const need of job.needed.slice(0, ARROWS)) arrow(need, job, "needed");
  for (const user of job.users.slice(0, ARROWS)) arrow(job, user, "user");
}

function choose(index) {
  const attempt = attempts[index];
  if (attempt === undefined || index === chosen) return;
  const { job, start, end, status, slot } = attempt;
  const where = job.service ? "" : `, slot ${slot}`;
  const facts = scheduling(job).map((fact) => `; ${fact}`).join("");
  const isLast = attempt === job.ran.at(-1);
  $("detail").textContent = `${job.label}: ${isLast ? state(job) : status}${where}, from ${time(start - begin)} for ${time(end - start)}${facts}. ${job.cmd}`;
  const bar = (index) => bars.querySelector(`.bar[data-job="${index}"]:not(.wait)`);
  if (chosen !== null) bar(chosen).classList.remove("chosen");
  bar(index).classList.add("chosen");
  chosen = index;
  drawArrows();
}

// Chooses a bar and scrolls to it.
function reveal(index) {
  const box = $("timeline");
  choose(index);
  box.focus({ preventScroll: true });
  box.scrollIntoView({ block: "nearest" });
  const { start, end, row } = attempts[index];
  const scale = arrows.getAttribute("width") / length;
  const into = (from, to, at, size) => (from < at || to > at + size ? Math.max(0, Math.min(from - size / 4, to)) : at);
  box.scrollLeft = into((start - begin) * scale, Math.min((end - begin) * scale, (start - begin) * scale + box.clientWidth / 2), box.scrollLeft, box.clientWidth);
  box.scrollTop = into((row - 1) * ROW, TICKS + row * ROW, box.scrollTop, box.clientHeight);
}

// The bar to which a key leads from the chosen one: left and right in the order of starts, up and down to the row
// above and below.
function neighbour(key) {
  const byStart = attempts.map((_, index) => index).sort((a, b) => attempts[a].start - attempts[b].start || attempts[a].row - attempts[b].row);
  const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
  if (chosen === null) return byStart[step === -1 ? byStart.length - 1 : 0];
  if (step !== undefined) return byStart[byStart.indexOf(chosen) + step];
  const { start, row } = attempts[chosen];
  const sign = key === "ArrowDown" ? 1 : -1;
  const others = byStart.filter((index) => sign * (attempts[index].row - row) > 0);
  const near = Math.min(...new Set(others.map((index) => sign * (attempts[index].row - row))));
  const distance = (index) => Math.abs(attempts[index].start - start);
  return others.filter((index) => sign * (attempts[index].row - row) === near).reduce((a, b) => (a === undefined || distance(b) < distance(a) ? b : a), undefined);
}

function wireTimeline() {
  const box = $("timeline");
  const under = (event) => event.target.getAttribute?.("data-job");
  box.addEventListener("pointerover", (event) => {
    const index = under(event);
    if (index !== null && index !== undefined) choose(Number(index));
  });
  box.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    setZoom(event.deltaY < 0 ? zoom * 2 : zoom / 2, event.clientX - box.getBoundingClientRect().left);
  }, { passive: false });
  box.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "+" || event.key === "=") setZoom(zoom * 2);
    else if (event.key === "-") setZoom(zoom / 2);
    else if (event.key === "0") setZoom(1);
    else if (event.key.startsWith("Arrow") && attempts.length > 0) {
      const index = neighbour(event.key);
      if (index !== undefined) reveal(index);
    }
    else return;
    event.preventDefault();
  });
  $("zoom-in").addEventListener("click", () => setZoom(zoom * 2));
  $("zoom-out").addEventListener("click", () => setZoom(zoom / 2));
  $("zoom-fit").addEventListener("click", () => setZoom(1));
  addEventListener("resize", drawTimeline);
}
