// How jobs need each other, and which of them determined the end of the run. No page is needed here.

// Resolves the names of needed jobs: each job gets `needed` and `users`, the jobs that it needs and that need it.
function connect(jobs) {
  const named = new Map();
  for (const job of jobs) {
    if (job.named) named.set(job.label, job);
    job.users = [];
  }
  for (const job of jobs) {
    job.needed = (job.needs ?? []).map((name) => named.get(name)).filter((need) => need !== undefined);
    for (const need of job.needed) need.users.push(job);
  }
}

// The moment at which a job stopped waiting for one that it needs, which ran from `start` to `end`: for a
// service, which runs on, it is the start.
function released(need) {
  return need.service ? need.ran[0].start : need.ran[need.ran.length - 1].end;
}

// Times are rounded to microseconds, and those of older logs are of the system clock.
const TOLERANCE = 0.0005;

// For each attempt, the one before it among those with the same key that had ended when it started.
function before(attempts, key) {
  const found = new Map();
  const groups = new Map();
  for (const attempt of attempts) {
    const group = key(attempt);
    if (group === undefined) continue;
    if (!groups.has(group)) groups.set(group, []);
    groups.get(group).push(attempt);
  }
  for (const group of groups.values()) {
    const starts = group.sort((a, b) => a.start - b.start);
    const ends = [...starts].sort((a, b) => a.end - b.end);
    let ended = 0;
    let last;
    for (const attempt of starts) {
      while (ended < ends.length && ends[ended].end <= attempt.start + TOLERANCE) {
        if (ends[ended] !== attempt) last = ends[ended];
        ended += 1;
      }
      if (last !== undefined) found.set(attempt, last);
    }
  }
  return found;
}

// The chain of attempts that determined the end of the run, the first one first: from the last to end, each step
// goes to what ended last before the start. `from` and `to` are its part of the time; `why` says for what the
// attempt waited: "need", "slot", "pool", "retry", "user" (a service starts when a job that needs it waits for
// nothing else), or null if it waited for nothing in the run.
function criticalPath(attempts) {
  const inSlot = before(attempts.filter(({ job }) => !job.service), ({ slot }) => slot);
  const inPool = before(attempts.filter(({ job }) => job.pool !== undefined), ({ job }) => job.pool);
  const path = [];
  const seen = new Set();
  let at = attempts.reduce((last, attempt) => (attempt.job.service || (last !== null && last.end >= attempt.end) ? last : attempt), null);
  let to = at?.end;
  while (at !== null) {
    seen.add(at);
    const from = Math.min(at.start, to);
    const step = { attempt: at, from, to: Math.min(at.end, to), why: null };
    path.push(step);
    const candidates = [];
    const { job, n } = at;
    if (n > 0) candidates.push([job.ran[n - 1], job.ran[n - 1].end, "retry"]);
    else {
      const awaited = job.needed.map((need) => [need, "need"]);
      if (job.service) {
        const others = job.users.flatMap((user) => user.needed).filter((need) => need !== job);
        awaited.push(...others.map((need) => [need, "user"]));
      }
      for (const [need, why] of awaited) {
        if (need.ran.length > 0) candidates.push([need.service ? need.ran[0] : need.ran[need.ran.length - 1], released(need), why]);
      }
    }
    for (const [others, why] of [[inPool, "pool"], [inSlot, "slot"]]) {
      const other = others.get(at);
      // A job that was read later waited for nothing in the run.
      if (other !== undefined && !job.service && other.end >= (at.read ?? -Infinity) - TOLERANCE) candidates.push([other, other.end, why]);
    }
    let best = null;
    for (const candidate of candidates) {
      const [other, moment] = candidate;
      if (!seen.has(other) && moment <= at.start + TOLERANCE && (best === null || moment > best[1])) best = candidate;
    }
    to = from;
    at = best === null ? null : best[0];
    step.why = best === null ? null : best[2];
  }
  return path.reverse();
}
