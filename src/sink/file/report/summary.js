// The totals of the run, and where its time went.
// Names, commands and output are data: they become text nodes, never markup.
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
// The same of a job, whose failure may have been allowed, and its status in words.
const jobKind = (job) => (job.allowed ? "allowed" : kind(job.status));
const state = (job) => job.status.replace("_", " ") + (job.allowed ? " (allowed)" : "");
// Names for a sentence; the rest is counted.
const list = (labels, most = 5) => labels.slice(0, most).join(", ") + (labels.length > most ? ` and ${labels.length - most} more` : "");

// Totals. A service takes no slot.
connect(jobs);
let begin = Infinity;
let end = -Infinity;
let slots = 0;
let cpu = 0;
let busy = 0;
let peak = 0;
const attempts = [];
for (const job of jobs) {
  let ready = null;
  job.ran = [];
  job.tries.forEach(([slot, start, wall, status], n) => {
    const read = n === 0 && job.queued !== null ? start - job.queued : null;
    const attempt = { job, n, slot, start, end: start + wall, status, read, ready: ready ?? read };
    attempts.push(attempt);
    job.ran.push(attempt);
    begin = Math.min(begin, read ?? start);
    end = Math.max(end, start + wall);
    ready = start + wall;
    if (job.service) return;
    slots = Math.max(slots, slot);
    busy += wall;
  });
  job.start = job.ran.at(-1)?.start ?? null;
  cpu += job.cpu ?? 0;
  peak = Math.max(peak, job.rss ?? 0);
}
if (attempts.length === 0) [begin, end] = [data.end.at - data.end.elapsed, data.end.at];
begin = Math.min(begin, data.end.at - data.end.elapsed);
// What a job waits for before those that it needs have ended is no waiting for a slot.
for (const attempt of attempts) {
  if (attempt.n > 0 || attempt.ready === null) continue;
  for (const need of attempt.job.needed) {
    if (need.ran.length > 0) attempt.ready = Math.min(attempt.start, Math.max(attempt.ready, released(need)));
  }
}
const length = Math.max(end - begin, 0.001);

// The time in which no job ran, and the longest time in which a single job ran.
function stretches() {
  const moments = [];
  for (const attempt of attempts) {
    if (!attempt.job.service) moments.push([attempt.start, 1, attempt], [attempt.end, -1, attempt]);
  }
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
// Where jobs need others, it is their critical path that tells; else the stretch in which a single job ran.
const isGraph = jobs.some((job) => job.needed.length > 0);
const path = isGraph ? criticalPath(attempts) : [];
const critical = !isGraph && slots > 1 && jobs.length > 1 && found.alone !== null && found.alone.to - found.alone.from > length / 100 ? found.alone : null;

function showSummary() {
  const of = (kind) => jobs.filter((job) => jobKind(job) === kind).length;
  const [bad, allowed] = [of("bad"), of("allowed")];
  const failed = `${bad} failed${allowed > 0 ? `, ${allowed} failed (allowed)` : ""}`;
  document.title = `prun: ${count(jobs.length, "job")}, ${failed}`;
  const date = new Date(begin * 1000);
  $("headline").textContent = `${count(jobs.length, "job")}, ${failed}, in ${time(data.end.elapsed)}, started ${date.toLocaleString()}`;
  for (const note of data.end.notes) $("notes").append(make("li", {}, note));
  const services = jobs.filter((job) => job.service).length;
  const share = slots > 0 ? Math.round((100 * busy) / (slots * length)) : 0;
  for (const [name, value] of [
    ["Time", time(data.end.elapsed)],
    ["CPU time", time(cpu)],
    ["Peak memory of a job", memory(peak)],
    ["Slots", String(slots)],
    ["Slots in use", `${share} %`],
    ["Attempts", String(attempts.length)],
    ...(services > 0 ? [["Services", String(services)]] : []),
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
  const ran = attempts.filter(({ job }) => !job.service);
  const last = ran.reduce((a, b) => (a === null || b.end > a.end ? b : a), null);
  if (last !== null) say(`The last job to end was ${last.job.label}, at ${time(last.end - begin)}; it took ${time(last.end - last.start)}.`);
}

// The steps of the critical path, in their order; of many the longest.
const STEPS = 50;

function showPath() {
  if (path.length === 0) return;
  const own = (step) => step.to - step.from;
  const part = (seconds) => `${time(seconds)}, ${Math.round((100 * seconds) / length)} %`;
  const sum = path.reduce((sum, step) => sum + own(step), 0);
  const waited = path[path.length - 1].to - path[0].from - sum;
  $("path-rule").textContent = `Jobs that determined the end of the run: from the last job to end, each step goes to what ended last before the job started: a job that it needs, or the one before it in its slot or pool. Of a service the start counts, which waits until a job needs nothing else. These ${count(path.length, "step")} took ${part(sum)} of the run; between them ${part(waited)} passed.`;
  const least = path.map(own).sort((a, b) => b - a)[STEPS - 1] ?? 0;
  let left = STEPS;
  let more = 0;
  path.forEach((step, index) => {
    const { attempt, why } = step;
    if (own(step) < least || left === 0) return void (more += own(step));
    left -= 1;
    const { job, n } = attempt;
    const previous = path[index - 1]?.attempt.job.label;
    const reason = { need: `needs ${previous}`, slot: `in the slot of ${previous}`, pool: `in pool ${job.pool} after ${previous}`, user: `needed after ${previous}`, retry: `attempt ${n + 1}` }[why];
    const button = make("button", { type: "button" }, job.label);
    button.addEventListener("click", () => reveal(attempts.indexOf(attempt)));
    const facts = [job.service ? "service, until the next one started" : null, reason].filter((fact) => fact);
    $("path").append(make("li", {}, button, ` ${part(own(step))}`, make("span", { class: "why" }, facts.length > 0 ? ` (${facts.join("; ")})` : "")));
  });
  if (path.length > STEPS) $("path").append(make("li", { class: "more" }, `and ${path.length - STEPS} shorter steps: ${part(more)}`));
  $("critical").hidden = false;
}
