// The table.
const COLUMNS = [
  { title: "#", key: (job) => job.seq, cell: (job) => String(job.seq) },
  { title: "Job", key: (job) => job.label, text: true },
  { title: "Status", key: state, text: true },
  { title: "Start", key: (job) => job.start, cell: (job) => (job.start === null ? "" : time(job.start - begin)), wide: true },
  { title: "Waited", key: (job) => job.queued, cell: (job) => time(job.queued), wide: true },
  { title: "Time", key: (job) => job.wall, cell: (job) => time(job.wall) },
  { title: "CPU", key: (job) => job.cpu, cell: (job) => time(job.cpu), wide: true },
  { title: "Memory", key: (job) => job.rss, cell: (job) => memory(job.rss), wide: true },
  { title: "Attempts", key: (job) => job.attempts, cell: (job) => String(job.attempts), wide: true },
];
const order = { column: 0, down: false };
const only = new Set();
let view = jobs;
let drawn = 0;

function row(job) {
  const line = make("tr", {});
  for (const column of COLUMNS) {
    const cell = make("td", { class: [column.text ? "text" : "", column.wide ? "wide" : ""].join(" ").trim() || null });
    if (column.title === "Job") {
      cell.classList.add("job");
      cell.append(job.label);
      if (job.cmd !== job.label) cell.append(make("span", { class: "cmd" }, job.cmd));
      const facts = scheduling(job);
      if (facts.length > 0) cell.append(make("span", { class: "facts" }, facts.join("; ")));
    } else if (column.title === "Status") {
      cell.append(make("span", { class: `dot ${jobKind(job)}`, title: job.ending }, state(job)));
    } else cell.append(column.cell(job));
    line.append(cell);
  }
  return line;
}

function drawRows(upTo) {
  const lines = view.slice(drawn, upTo).map(row);
  $("rows").append(...lines);
  drawn = Math.min(view.length, upTo);
  $("more").hidden = drawn === view.length;
  $("more").textContent = `Show more (${view.length - drawn} left)`;
  $("shown").textContent = `${drawn} of ${count(view.length, "job")} shown, ${jobs.length} in total`;
}

function drawTable() {
  const sought = $("filter").value.toLowerCase();
  const least = (id, unit) => (Number($(id).value) || 0) * unit;
  const [wall, cpu, rss] = [least("min-wall", 1), least("min-cpu", 1), least("min-rss", 1048576)];
  const passes = (value, limit) => limit <= 0 || (value ?? 0) >= limit;
  view = jobs.filter((job) =>
    (only.size === 0 || only.has(state(job))) &&
    (sought === "" || job.label.toLowerCase().includes(sought) || job.cmd.toLowerCase().includes(sought)) &&
    passes(job.wall, wall) && passes(job.cpu, cpu) && passes(job.rss, rss));
  const key = COLUMNS[order.column].key;
  const sign = order.down ? -1 : 1;
  view.sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    // Missing values come last in both orders.
    if (x === null || y === null) return (x === null) - (y === null) || a.seq - b.seq;
    return sign * (x < y ? -1 : x > y ? 1 : 0) || a.seq - b.seq;
  });
  $("rows").replaceChildren();
  drawn = 0;
  drawRows(PAGE);
}

function drawHead() {
  COLUMNS.forEach((column, index) => {
    const button = make("button", { type: "button" }, column.title);
    const head = make("th", { scope: "col", class: [column.text ? "text" : "", column.wide ? "wide" : ""].join(" ").trim() || null }, button);
    button.addEventListener("click", () => {
      order.down = order.column === index ? !order.down : !column.text && index > 0;
      order.column = index;
      showOrder();
      drawTable();
    });
    $("head").append(head);
  });
  showOrder();
}

function showOrder() {
  [...$("head").children].forEach((head, index) => {
    if (index === order.column) head.setAttribute("aria-sort", order.down ? "descending" : "ascending");
    else head.removeAttribute("aria-sort");
  });
}

function drawStatuses() {
  const groups = new Map();
  for (const job of jobs) {
    const status = state(job);
    if (!groups.has(status)) groups.set(status, { kind: jobKind(job), n: 0 });
    groups.get(status).n += 1;
  }
  for (const [status, { kind, n }] of groups) {
    const button = make("button", { type: "button", class: `dot ${kind}`, "aria-pressed": "false", "data-status": status }, `${n} ${status}`);
    button.addEventListener("click", () => {
      if (!only.delete(status)) only.add(status);
      button.setAttribute("aria-pressed", String(only.has(status)));
      drawTable();
    });
    $("statuses").append(button);
  }
}

function wireTable() {
  for (const id of ["filter", "min-wall", "min-cpu", "min-rss"]) $(id).addEventListener("input", drawTable);
  $("more").addEventListener("click", () => drawRows(drawn + PAGE));
  addEventListener("beforeprint", () => drawRows(view.length));
}

// Output of failed jobs.
const failures = jobs.filter((job) => ["bad", "allowed"].includes(jobKind(job)));
let shown = 0;

function drawOutputs() {
  for (const job of failures.slice(shown, shown + 20)) {
    const box = make("details", { open: true }, make("summary", {}, make("span", { class: `dot ${jobKind(job)}` }, job.label), ` (${job.ending}, ${time(job.wall)})`), make("div", { class: "cmd" }, `$ ${job.cmd}`));
    for (const [name, text, cut] of [["Standard output", job.out, job.out_cut], ["Standard error", job.err, job.err_cut]]) {
      if (cut > 0) box.append(make("p", { class: "cut" }, `${name}: ${cut} ${text === "" ? "" : "earlier "}bytes omitted`));
      if (text !== "") {
        const pre = coloured(text, make);
        pre.setAttribute("aria-label", `${name} of ${job.label}`);
        box.append(pre);
      }
    }
    $("outputs").append(box);
  }
  shown = Math.min(failures.length, shown + 20);
  $("failed").hidden = failures.length === 0;
  $("more-outputs").hidden = shown === failures.length;
  $("more-outputs").textContent = `Show more (${failures.length - shown} left)`;
}

// Jobs that did not run to their end because of the same one.
function drawCauses() {
  const causes = new Map();
  for (const job of jobs) {
    if (job.cause === undefined) continue;
    const [name] = job.cause;
    if (!causes.has(name)) causes.set(name, []);
    causes.get(name).push(job);
  }
  for (const [name, others] of causes) {
    const [, how] = others[0].cause;
    const counts = ["skipped", "canceled"].map((status) => [others.filter((job) => job.status === status).length, status]);
    const facts = counts.filter(([n]) => n > 0).map(([n, status]) => `${n} ${status}`).join(", ");
    const names = make("ul", { class: "names" }, ...others.slice(0, PAGE).map((job) => make("li", { class: `dot ${jobKind(job)}`, title: job.ending }, job.label)));
    if (others.length > PAGE) names.append(make("li", {}, `and ${others.length - PAGE} more`));
    $("causes").append(make("details", { open: true }, make("summary", {}, make("span", { class: "dot bad" }, name), ` failed${how === "" ? "" : `: ${how}`}: ${facts}`), names));
  }
  $("unfinished").hidden = causes.size === 0;
}
