// Names, commands and output are data: they become text nodes, never markup.
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const PAGE = 200; // Rows per page.
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const jobs = data.jobs.sort((a, b) => a.seq - b.seq);

  function make(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children);
    return node;
  }

  function draw(tag, attributes) {
    const node = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    return node;
  }

  function time(seconds) {
    if (seconds === null) return "";
    if (seconds < 60) return seconds.toFixed(seconds < 1 ? 3 : 1) + " s";
    const whole = Math.round(seconds);
    const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
    const two = (n) => String(n).padStart(2, "0");
    return h > 0 ? `${h}h${two(m)}m${two(s)}s` : `${m}m${two(s)}s`;
  }

  function memory(bytes) {
    return bytes === null ? "" : (bytes / 1048576).toFixed(1) + " MiB";
  }

  function count(n, one) {
    return n === 1 ? `1 ${one}` : `${n} ${one}s`;
  }

  const OFF = ["canceled", "skipped"];
  const kind = (status) => (status === "ok" ? "ok" : OFF.includes(status) ? "off" : "bad");

  // Totals.
  let begin = Infinity;
  let end = -Infinity;
  let slots = 0;
  let cpu = 0;
  let busy = 0;
  let peak = 0;
  const attempts = [];
  for (const job of jobs) {
    let ready = null;
    job.tries.forEach(([slot, start, wall, status], n) => {
      if (n === 0 && job.queued !== null) ready = start - job.queued;
      attempts.push({ job, slot, start, end: start + wall, status, ready });
      begin = Math.min(begin, ready ?? start);
      end = Math.max(end, start + wall);
      ready = start + wall;
      slots = Math.max(slots, slot);
      busy += wall;
    });
    const last = attempts[attempts.length - 1];
    job.start = job.tries.length > 0 ? last.start : null;
    cpu += job.cpu ?? 0;
    peak = Math.max(peak, job.rss ?? 0);
  }
  if (attempts.length === 0) [begin, end] = [data.end.at - data.end.elapsed, data.end.at];
  begin = Math.min(begin, data.end.at - data.end.elapsed);
  const length = Math.max(end - begin, 0.001);

  // The time in which no job ran, and the longest time in which a single job ran.
  function stretches() {
    const moments = [];
    for (const attempt of attempts) moments.push([attempt.start, 1, attempt], [attempt.end, -1, attempt]);
    moments.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    const running = new Set();
    const found = { idle: 0, alone: null, full: 0 };
    let from = begin;
    let alone = null;
    for (const [at, step, attempt] of moments) {
      if (running.size === 0) found.idle += at - from;
      if (running.size === slots) found.full += at - from;
      if (step > 0) running.add(attempt);
      else running.delete(attempt);
      const only = running.size === 1 ? [...running][0] : null;
      if (alone !== null && alone.attempt !== only) {
        alone.to = at;
        if (found.alone === null || alone.to - alone.from > found.alone.to - found.alone.from) found.alone = alone;
        alone = null;
      }
      if (only !== null && alone === null) alone = { attempt: only, from: at, to: at };
      from = at;
    }
    return found;
  }
  const found = stretches();
  const critical = slots > 1 && jobs.length > 1 && found.alone !== null && found.alone.to - found.alone.from > length / 100 ? found.alone : null;

  function showSummary() {
    const bad = jobs.filter((job) => kind(job.status) === "bad").length;
    document.title = `prun: ${count(jobs.length, "job")}, ${bad} failed`;
    const date = new Date(begin * 1000);
    $("headline").textContent = `${count(jobs.length, "job")}, ${bad} failed, in ${time(data.end.elapsed)}, started ${date.toLocaleString()}`;
    for (const note of data.end.notes) $("notes").append(make("li", {}, note));
    const share = slots > 0 ? Math.round((100 * busy) / (slots * length)) : 0;
    for (const [name, value] of [
      ["Time", time(data.end.elapsed)],
      ["CPU time", time(cpu)],
      ["Peak memory of a job", memory(peak)],
      ["Slots", String(slots)],
      ["Slots in use", `${share} %`],
      ["Attempts", String(attempts.length)],
    ]) {
      $("totals").append(make("div", {}, make("dt", {}, name), make("dd", {}, value)));
    }
    const say = (text) => $("stretch").append(make("li", {}, text));
    if (attempts.length === 0) say("No job ran.");
    else say(`No job ran for ${time(found.idle)} of ${time(length)}; all slots were in use for ${time(found.full)}.`);
    if (critical !== null) {
      const { attempt, from, to } = critical;
      say(`From ${time(from - begin)} to ${time(to - begin)}, only ${attempt.job.label} was running (${time(to - from)}).`);
    }
    const last = attempts.reduce((a, b) => (a === null || b.end > a.end ? b : a), null);
    if (last !== null) say(`The last job to end was ${last.job.label}, at ${time(last.end - begin)}; it took ${time(last.end - last.start)}.`);
  }

  // The timeline: one unit is one second by one slot; zooming changes only the width.
  let zoom = 1;
  let bars = null;
  const ROW = Math.max(6, Math.min(20, 400 / Math.max(slots, 1)));

  function drawBars() {
    const height = Math.max(slots, 1);
    bars = draw("svg", { viewBox: `0 0 ${length} ${height}`, preserveAspectRatio: "none", height: height * ROW, role: "img", "aria-label": `${count(attempts.length, "attempt")} in ${count(slots, "slot")}; the table below has the same data` });
    const bar = (x, y, width, height, name, index) => {
      const rect = draw("rect", { class: `bar ${name}`, x: x - begin, y, width: Math.max(width, 0), height });
      if (index !== null) rect.setAttribute("data-job", index);
      bars.append(rect);
    };
    if (critical !== null) bar(critical.from, 0, critical.to - critical.from, height, "critical", null);
    attempts.forEach(({ slot, start, end, status, ready }, index) => {
      // Several jobs may wait for a slot while another runs in it: waiting is drawn at the edge of the row.
      if (ready !== null && start - ready > length / 1000) bar(ready, slot - 0.97, start - ready, 0.1, "wait", index);
      bar(start, slot - 0.8, end - start, 0.7, kind(status), index);
    });
  }

  function drawTimeline() {
    const width = Math.max(200, $("timeline").clientWidth - 2) * zoom;
    bars.setAttribute("width", width);
    const step = [0.001, 0.002, 0.005].flatMap((s) => [0, 1, 2, 3, 4, 5, 6, 7, 8].map((p) => s * 10 ** p)).sort((a, b) => a - b).find((s) => (s / length) * width >= 80) ?? length;
    const ticks = draw("svg", { class: "ticks", width, height: 18, "aria-hidden": "true" });
    for (let n = 0; n * step <= length && n < 5000; n += 1) {
      const x = ((n * step) / length) * width;
      ticks.append(draw("line", { class: "tick", x1: x, x2: x, y1: 0, y2: 18 }));
      const text = draw("text", { x: x + 3, y: 13 });
      text.textContent = time(n * step);
      ticks.append(text);
    }
    $("timeline").replaceChildren(ticks, bars);
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
  function choose(index) {
    const attempt = attempts[index];
    if (attempt === undefined) return;
    const { job, start, end, status, slot } = attempt;
    $("detail").textContent = `${job.label}: ${status}, slot ${slot}, from ${time(start - begin)} for ${time(end - start)}. ${job.cmd}`;
    if (chosen !== null) chosen.classList.remove("chosen");
    chosen = bars.querySelector(`.bar[data-job="${index}"]:not(.wait)`);
    chosen.classList.add("chosen");
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
      else return;
      event.preventDefault();
    });
    $("zoom-in").addEventListener("click", () => setZoom(zoom * 2));
    $("zoom-out").addEventListener("click", () => setZoom(zoom / 2));
    $("zoom-fit").addEventListener("click", () => setZoom(1));
    addEventListener("resize", drawTimeline);
  }

  // The table.
  const COLUMNS = [
    { title: "#", key: (job) => job.seq, cell: (job) => String(job.seq) },
    { title: "Job", key: (job) => job.label, text: true },
    { title: "Status", key: (job) => job.status, text: true },
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
      } else if (column.title === "Status") {
        cell.append(make("span", { class: `dot ${kind(job.status)}`, title: job.ending }, job.status.replace("_", " ")));
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
      (only.size === 0 || only.has(job.status)) &&
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
    const counts = new Map();
    for (const job of jobs) counts.set(job.status, (counts.get(job.status) ?? 0) + 1);
    for (const [status, n] of counts) {
      const button = make("button", { type: "button", class: `dot ${kind(status)}`, "aria-pressed": "false", "data-status": status }, `${n} ${status.replace("_", " ")}`);
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
  const failures = jobs.filter((job) => kind(job.status) === "bad");
  let shown = 0;

  function drawOutputs() {
    for (const job of failures.slice(shown, shown + 20)) {
      const box = make("details", { open: true }, make("summary", {}, make("span", { class: "dot bad" }, job.label), ` (${job.ending}, ${time(job.wall)})`), make("div", { class: "cmd" }, `$ ${job.cmd}`));
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

  showSummary();
  drawStatuses();
  drawHead();
  drawTable();
  wireTable();
  drawBars();
  drawTimeline();
  wireTimeline();
  drawOutputs();
  $("more-outputs").addEventListener("click", drawOutputs);
  document.documentElement.dataset.ready = String(Math.round(performance.now()));
})();
