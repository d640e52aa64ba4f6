"""Opens a report in Chromium with the WebDriver protocol, and prints what it finds as JSON.

browser.py REPORT SCENE [FOLDER]; FOLDER is for screenshots.
"""

import base64
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
ENTER, END, LEFT, UP, RIGHT = "\ue007", "\ue010", "\ue012", "\ue013", "\ue014"
ARGS = """--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-quic --no-first-run
--disable-background-networking --disable-component-update --disable-sync --hide-scrollbars
--window-size=1200,900""".split()


class Browser:
    def __init__(self, profile):
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        for line in self.driver.stdout:
            if found := re.search(r"started successfully on port (\d+)", line):
                break
        self.base = f"http://127.0.0.1:{found[1]}/session"
        options = {"args": ARGS + [f"--user-data-dir={profile}"]}
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        session = self.call("POST", "", {"capabilities": {"alwaysMatch": wanted}})
        self.base += "/" + session["sessionId"]

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, method=method)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)["value"]

    def close(self):
        try:
            self.call("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()

    def js(self, script, *args):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(args)})

    def open(self, file):
        self.call("POST", "/url", {"url": pathlib.Path(file).absolute().as_uri()})
        until = time.monotonic() + 60
        while (ready := self.js("return document.documentElement.dataset.ready")) is None:
            assert time.monotonic() < until, "the page does not draw itself: " + str(self.messages())
            time.sleep(0.02)
        return int(ready)

    def find(self, css):
        return self.call("POST", "/element", {"using": "css selector", "value": css})[ELEMENT]

    def click(self, css):
        self.call("POST", f"/element/{self.find(css)}/click", {})

    def type(self, css, keys):
        self.call("POST", f"/element/{self.find(css)}/value", {"text": keys})

    def texts(self, css):
        return self.js("return [...document.querySelectorAll(arguments[0])].map(e => e.innerText)", css)

    def messages(self):
        return self.call("POST", "/se/log", {"type": "browser"})

    def devtools(self, command, **params):
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": params})

    def screenshot(self, file):
        shot = self.devtools("Page.captureScreenshot", captureBeyondViewport=True)
        pathlib.Path(file).write_bytes(base64.b64decode(shot["data"]))


def labels(browser):
    return browser.js("return [...document.querySelectorAll('td.job')].map(e => e.firstChild.data)")


def sort_of(browser):
    return browser.js("""return [...document.querySelectorAll('th')].filter(e => e.ariaSort)
        .map(e => [e.innerText, e.ariaSort])""")


def works(browser, file):
    """Sorting, filtering, zoom and keyboard, for a run of: slow, quick, bad (exit 3), argv."""
    browser.open(file)
    seen = {"messages": browser.messages(), "first": labels(browser), "first_sort": sort_of(browser)}
    by_time = "th:nth-child(6) button"
    browser.click(by_time)
    seen["by_time"], seen["time_sort"] = labels(browser), sort_of(browser)
    browser.type(by_time, ENTER)
    seen["by_time_again"], seen["time_sort_again"] = labels(browser), sort_of(browser)
    browser.type("#filter", "QUICK")
    seen["filtered"], seen["shown"] = labels(browser), browser.texts("#shown")[0]
    browser.call("POST", f"/element/{browser.find('#filter')}/clear", {})
    browser.click("button[data-status=failed]")
    seen["failed"] = labels(browser)
    seen["pressed"] = browser.js("return document.querySelector('[data-status=failed]').ariaPressed")
    browser.click("button[data-status=failed]")
    browser.type("#min-wall", "0.4")
    seen["longer"] = labels(browser)

    width = lambda: browser.js("return document.querySelector('#timeline svg:last-child').clientWidth")
    fit = width()
    browser.click("#zoom-in")
    seen["zoom"] = [width() / fit]
    browser.type("#timeline", "++")
    seen["zoom"].append(width() / fit)
    browser.type("#timeline", "-")
    seen["zoom"].append(width() / fit)
    browser.type("#timeline", END)
    browser.type("#timeline", "0")
    seen["zoom"].append(width() / fit)

    seen["hovered"] = hover(browser, ".bar.bad")

    seen["stretch"] = browser.texts("#stretch li")
    seen["bars"] = browser.js("""return ['ok', 'bad', 'off', 'wait', 'critical']
        .map(c => document.querySelectorAll('.bar.' + c).length)""")
    seen["caption"] = browser.texts("caption")[0]
    # Every control has a name and can be reached with the keyboard.
    seen["unnamed"] = browser.js("""return [...document.querySelectorAll('button, input')]
        .filter(e => !(e.innerText || e.ariaLabel || e.labels?.length)).length""")
    seen["unreachable"] = browser.js("""return [...document.querySelectorAll('button, input, summary, pre, #timeline')]
        .filter(e => e.tabIndex < 0).length""")
    seen["requests"] = browser.js("return performance.getEntriesByType('resource').map(e => e.name)")
    return seen


def is_text(browser, file):
    """Names and output of jobs are text, never markup."""
    browser.open(file)
    seen = {"messages": browser.messages(), "labels": labels(browser)}
    seen["output"] = browser.texts("#outputs pre")
    seen["elements"] = browser.js("""return ['img', 'script', 'a', 'iframe', 'b']
        .map(tag => document.querySelectorAll(tag).length)""")
    seen["spans"] = browser.js("""return [...document.querySelectorAll('#outputs pre span')].map(e =>
        [e.innerText, e.className, e.style.color, e.style.backgroundColor])""")
    # Even a script that got into the page would not run.
    browser.js("""const script = document.createElement('script');
        script.textContent = 'window.broken = true';
        document.body.append(script);
        document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="window.broken = true">');""")
    time.sleep(0.2)
    seen["broken"] = browser.js("return window.broken === true")
    seen["refused"] = len(browser.messages()) >= 2
    try:
        seen["alert"] = browser.call("GET", "/alert/text")
    except urllib.error.HTTPError:
        seen["alert"] = None
    return seen


def crowd(browser, file):
    """The time of each operation in milliseconds, including the layout."""
    timed = """const start = performance.now(); {} ; document.body.offsetHeight;
        return Math.round(performance.now() - start)"""
    seen = {"ready": browser.open(file), "messages": browser.messages()}
    seen["sort"] = browser.js(timed.format("document.querySelector('th:nth-child(6) button').click()"))
    seen["filter"] = browser.js(timed.format("""const filter = document.querySelector('#filter');
        filter.value = '77'; filter.dispatchEvent(new Event('input'))"""))
    seen["zoom"] = browser.js(timed.format("document.querySelector('#zoom-in').click()"))
    seen["shown"] = browser.texts("#shown")[0]
    seen["bars"] = browser.js("return document.querySelectorAll('.bar:not(.path)').length")
    seen["choose"] = browser.js(timed.format("choose(attempts.length - 1); choose(5000)"))
    seen["path_rows"] = browser.js("return document.querySelectorAll('#path li').length")
    seen["print"] = browser.js(timed.format("dispatchEvent(new Event('beforeprint'))"))
    seen["rows"] = browser.js("return document.querySelectorAll('tbody tr').length")
    return seen


def hover(browser, css):
    """Moves the pointer to the middle of an element, and returns what the page then says of it."""
    x, y = browser.js("""document.querySelector('#timeline').scrollIntoView();
        const bar = document.querySelector(arguments[0]).getBoundingClientRect();
        return [Math.round(bar.x + bar.width / 2), Math.round(bar.y + bar.height / 2)]""", css)
    move = {"type": "pointerMove", "duration": 0, "origin": "viewport", "x": x, "y": y}
    pointer = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": [move]}
    browser.call("POST", "/actions", {"actions": [pointer]})
    return browser.texts("#detail")[0]


def graph(browser, file):
    """What the page shows of jobs that need each other."""
    browser.open(file)
    seen = {"messages": browser.messages()}
    number = lambda css: browser.js("return document.querySelectorAll(arguments[0]).length", css)
    drawn_arrows = lambda: [number(".arrow.needed"), number(".arrow.user")]
    seen["path"], seen["rule"] = browser.texts("#path li"), browser.texts("#path-rule")[0]
    seen["marks"], seen["stretch"] = number(".bar.path"), number(".bar.critical")
    seen["services"] = number(".bar.service")
    seen["service_rows"] = browser.js("""return [...document.querySelectorAll('.bar.service')]
        .map(e => Math.ceil(Number(e.getAttribute('y'))))""")
    index = browser.js("return attempts.findIndex(attempt => attempt.job.label === 'test')")
    seen["hovered"], seen["hovered_arrows"] = hover(browser, f".bar[data-job='{index}']:not(.wait)"), drawn_arrows()
    browser.open(file)
    seen["keys"] = []
    for key in [RIGHT, RIGHT, RIGHT, LEFT, UP]:
        browser.type("#timeline", key)
        seen["keys"].append(browser.texts("#detail")[0])
    seen["keys_arrows"] = drawn_arrows()
    browser.click("#path li:last-child button")
    seen["pressed"] = browser.texts("#detail")[0].split(":")[0]
    seen["focus"] = browser.js("return document.activeElement.id")
    seen["causes"] = browser.texts("#causes details")
    seen["statuses"] = browser.texts("#statuses button")
    browser.click("button[data-status='failed (allowed)']")
    seen["allowed"] = labels(browser)
    browser.click("button[data-status='failed (allowed)']")
    browser.type("#filter", "run test")
    seen["facts"] = browser.texts("td .facts")
    seen["unnamed"] = browser.js("return [...document.querySelectorAll('button')].filter(e => !e.innerText).length")
    return seen


def paths(browser, file):
    """The critical paths of random runs, checked by other means than they were found by."""
    browser.open(file)
    return browser.js(PATHS)


PATHS = """
let state = 1;
const random = (n) => { state = (state * 1103515245 + 12345) % 2147483648; return Math.floor(state / 65536) % n; };
const seen = { broken: [], steps: 0, need: 0, slot: 0, pool: 0, retry: 0, user: 0 };
for (let round = 0; round < 300; round += 1) {
  // Jobs run in slots, each when its needs, its pool and its slot allow it.
  const slots = Array(1 + random(4)).fill(0);
  const pools = [0, 0];
  const jobs = [];
  const attempts = [];
  const size = 1 + random(40);
  for (let seq = 0; seq < size; seq += 1) {
    const job = { label: "job-" + seq, named: true, service: random(9) === 0, needs: [], ran: [] };
    if (random(4) === 0) job.pool = String(random(2));
    for (let n = 0; n < random(4) && seq > 0; n += 1) job.needs.push("job-" + random(seq));
    const read = random(5) === 0 ? random(50) : 0;
    const needed = job.needs.map((name) => jobs.find((other) => other.label === name)).filter((other) => other.ran.length > 0);
    let start = Math.max(read, 0, ...needed.map((other) => (other.service ? other.ran[0].start : other.ran.at(-1).end)));
    if (job.service) {
      job.ran.push({ job, n: 0, slot: 10 + seq, start, end: 10000, read: 0 });
      delete job.pool;
    } else if (random(12) > 0) {
      const tries = 1 + (random(6) === 0 ? random(3) : 0);
      for (let n = 0; n < tries; n += 1) {
        const slot = slots.indexOf(Math.min(...slots));
        start = Math.max(start, slots[slot], job.pool === undefined ? 0 : pools[job.pool]) + random(2) / 1000;
        const end = start + random(200) / 10;
        job.ran.push({ job, n, slot, start, end, read: n === 0 ? read : null });
        slots[slot] = end;
        if (job.pool !== undefined) pools[job.pool] = end;
        start = end;
      }
    }
    jobs.push(job);
    attempts.push(...job.ran);
  }
  connect(jobs);
  const ran = attempts.filter(({ job }) => !job.service);
  const path = criticalPath(attempts);
  const fail = (why) => seen.broken.push(`round ${round}: ${why}`);
  if (ran.length === 0) { if (path.length > 0) fail("a path of nothing"); continue; }
  const end = Math.max(...ran.map((attempt) => attempt.end));
  if (path.at(-1).attempt.end !== end) fail("it does not end with the last job");
  const sum = path.reduce((sum, step) => sum + step.to - step.from, 0);
  if (sum > end - Math.min(...attempts.map((attempt) => attempt.start)) + 1e-6) fail("it is longer than the run");
  if (path[0].why !== null) fail("the first step waited for something");
  path.forEach((step, index) => {
    seen.steps += 1;
    if (step.to < step.from) fail("a step of negative length");
    const { attempt: to, why } = step;
    if (index === 0) return;
    const { attempt: from } = path[index - 1];
    if (path[index - 1].to > step.from + 1e-6) fail("two steps overlap");
    seen[why] += 1;
    const isRight = {
      need: to.n === 0 && to.job.needs.includes(from.job.label),
      slot: to.slot === from.slot && from.end <= to.start + 0.001,
      pool: to.job.pool === from.job.pool && from.end <= to.start + 0.001,
      retry: to.job === from.job && to.n === from.n + 1,
      user: to.job.service && to.job.users.some((user) => user.needs.includes(from.job.label)),
    }[why];
    if (!isRight) fail(`${from.job.label} to ${to.job.label} is no ${why}`);
    // Nothing for which it waited ended later.
    const moment = why === "need" || why === "user" ? released(from.job) : from.end;
    if (to.n === 0 && to.job.needed.some((need) => need.ran.length > 0 && released(need) > moment + 0.001)) fail(`a later need of ${to.job.label}`);
  });
}
return seen;
"""


def looks(browser, file, folder):
    """Both themes, a phone and paper; the widths show whether the page scrolls sideways."""
    browser.open(file)
    seen = {}
    for theme in ["light", "dark"]:
        features = [{"name": "prefers-color-scheme", "value": theme}]
        browser.devtools("Emulation.setEmulatedMedia", features=features)
        seen[theme] = browser.js("return getComputedStyle(document.body).backgroundColor")
        browser.screenshot(f"{folder}/report-{theme}.png")
    browser.devtools(
        "Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=2, mobile=True
    )
    seen["phone"] = browser.js("return document.documentElement.scrollWidth")
    browser.screenshot(f"{folder}/report-phone.png")
    browser.devtools("Emulation.clearDeviceMetricsOverride")
    paper = browser.devtools("Page.printToPDF", printBackground=True)
    seen["paper"] = len(base64.b64decode(paper["data"]))
    return seen


scenes = {"works": works, "is_text": is_text, "crowd": crowd, "looks": looks, "graph": graph, "paths": paths}
with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
    browser = Browser(profile)
    try:
        print(json.dumps(scenes[sys.argv[2]](browser, sys.argv[1], *sys.argv[3:])))
    finally:
        browser.close()
