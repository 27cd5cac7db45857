"""The HTML page in a browser: sort and filter are clicked, and nothing is asked of the network or complained of. Speaks
WebDriver over plain HTTP to chromedriver; where there is none, this is skipped (77). LOSTMAIL_SHOTS names a folder for
screenshots at desktop and phone width, light and dark."""
import base64
import hashlib
import html.parser
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

from program import run
from report_test import DAY, NOW, NO_USER, NULL_SENDER, Log

DRIVER = shutil.which("chromedriver")
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


class Page(html.parser.HTMLParser):
    """Which tags and attributes a page has."""

    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))


class Browser:
    def __init__(self, folder):
        self.driver = subprocess.Popen([DRIVER, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.driver.stdout:
            found = re.search(r"started successfully on port (\d+)", line)
            if found:
                self.base = f"http://127.0.0.1:{found.group(1)}"
                break
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={folder}",
                     "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND"]
        options = {"binary": BROWSER, "args": arguments, "perfLoggingPrefs": {"enableNetwork": True}}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options,
                  "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
        self.session = f"/session/{self.call('POST', '/session', {'capabilities': {'alwaysMatch': wanted}})['sessionId']}"

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=120) as reply:
            return json.load(reply)["value"]

    def post(self, path, **body):
        return self.call("POST", self.session + path, body)

    def script(self, text, *arguments):
        return self.post("/execute/sync", script=text, args=list(arguments))

    def log(self, kind):
        return self.post("/se/log", type=kind)

    def devtools(self, command, **parameters):
        return self.post("/goog/cdp/execute", cmd=command, params=parameters)

    def show(self, width, height, dark):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme",
                                                               "value": "dark" if dark else "light"}])

    def shot(self, whole=False):
        if whole:
            return base64.b64decode(self.devtools("Page.captureScreenshot", captureBeyondViewport=True)["data"])
        return base64.b64decode(self.call("GET", self.session + "/screenshot"))

    def close(self):
        try:
            self.call("DELETE", self.session)
        except (urllib.error.URLError, OSError):
            pass
        self.driver.terminate()
        self.driver.wait()


def make_log(log):
    """A month as a server has it: correspondents, strangers, own mail, a night of trouble."""
    for i in range(12):
        sender, recipient = f"billing{i:02}@supplier-{i:02}.example", f"office{i % 5}@customer-{i % 3}.example"
        log.delivery(NOW - 40 * DAY + i * 600, sender, recipient)
        for attempt in range(1 + i):
            log.refused(NOW - DAY - attempt * 600, sender, recipient, f"198.51.100.{i + 1}",
                        why=[NULL_SENDER.format(f"supplier-{i:02}.example"), "Unrouteable address", NO_USER][i % 3])
    log.lines.append((NOW - DAY, "<script>alert(1)</script> is what a stranger wrote"))
    for day in range(1, 36):
        for i in range(20 + day * 7 % 13 + (60 if day == 9 else 0)):
            kind = i % 4
            log.refused(NOW - day * DAY + i * 1013 - 40000, f"s{i}@d{(i * day) % 40}.example", f"u{i}@customer-{i % 3}.example",
                        f"203.0.113.{i + 1}", text=["Sender verify failed", "Domain not found", "Fix reverse DNS for you",
                                                    "Sender must exist"][kind], permanent=i % 7 != 0)
        if day % 3 == 0:
            log.delivery(NOW - day * DAY + 80000 - 40000, f"s1@d{day % 40}.example", "u1@customer-1.example")
            log.refused_us(NOW - day * DAY, f"web{day}@customer-0.example", "x@far.example", "Sender verify failed",
                           f"192.0.2.{day}")
    log.refused_us(NOW - DAY - 600, "shop@customer-1.example", "y@far.example", "cannot find your reverse hostname", "192.0.2.77")


class HtmlPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = pathlib.Path(cls.folder.name)
        log = Log()
        make_log(log)
        log.write(cls.path / "mainlog")
        cls.call("ingest", cls.path / "mainlog")
        cls.file = cls.path / "report.html"
        cls.call("report", "--range", "yesterday", "-n", "15", "-o", cls.file)
        cls.page = cls.file.read_text()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def call(cls, *arguments):
        status, out, err = run("--store", cls.path / "lostmail.db", "--tz", "UTC", "--host", "mx1.example.net", *arguments,
                               env={"LOSTMAIL_NOW": str(NOW)})
        assert status == 0, err
        return out

    def test_nothing_from_outside(self):
        for tag, attributes in Page(self.page).tags:
            self.assertNotIn(tag, ("img", "iframe", "object", "embed", "base", "form"))
            for name in ("src", "href", "action", "data", "srcset"):
                self.assertIn(attributes.get(name, "data:,"), ("data:,",), (tag, attributes))
        self.assertNotRegex(self.page, r"url\(|@import")

    def test_a_strangers_text_is_text(self):
        self.assertIn("&lt;script&gt;alert(1)&lt;/script&gt; is what a stranger", self.page)
        self.assertEqual(sum(tag == "script" for tag, _ in Page(self.page).tags), 1)

    def test_policy_names_the_script(self):
        script = re.search("<script>(.*)</script>", self.page, re.S).group(1)
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        self.assertIn(f"script-src 'sha256-{digest}'", self.page)

    def test_for_a_screen_reader(self):
        tags = Page(self.page).tags
        self.assertIn(("html", {"lang": "en"}), tags)
        for tag, attributes in tags:
            if tag == "svg":
                self.assertEqual(attributes["role"], "img")
                self.assertGreater(len(attributes["aria-label"]), 20)
            if tag == "th":
                self.assertIn(attributes.get("scope"), ("col", "row"))
        self.assertEqual(sum(tag == "svg" for tag, _ in tags), 4)
        self.assertEqual(sum(tag == "h1" for tag, _ in tags), 1)

    def test_markdown(self):
        out = self.call("report", "--range", "yesterday", "--format", "md").decode()
        self.assertIn("## Known correspondents refused now: 12\n", out)
        for line in out.splitlines():
            if line.startswith("| "):
                self.assertEqual(line.replace("\\|", "").count("|") in (5, 6, 7, 8), True, line)

    @unittest.skipUnless(DRIVER and BROWSER, "no chromedriver and chromium here")
    def test_in_a_browser(self):
        with tempfile.TemporaryDirectory() as folder:
            browser = Browser(folder)
            try:
                self.use(browser)
            finally:
                browser.close()

    def column(self, browser, table, number):
        return browser.script("return [...document.querySelectorAll('table.data')[arguments[0]].tBodies[0].rows]"
                              ".filter(row => !row.hidden).map(row => row.cells[arguments[1]].textContent)", table, number)

    def click(self, browser, table, number):
        element = browser.script("return document.querySelectorAll('table.data')[arguments[0]].tHead.rows[0]"
                                 ".cells[arguments[1]].querySelector('button')", table, number)
        browser.post(f"/element/{list(element.values())[0]}/click")
        return browser.script("return document.querySelectorAll('table.data')[arguments[0]].tHead.rows[0]"
                              ".cells[arguments[1]].ariaSort", table, number)

    def use(self, browser):
        browser.post("/url", url="about:blank")
        browser.log("performance")  # what the browser does for itself when it starts
        browser.show(1280, 900, False)
        browser.post("/url", url=self.file.as_uri())
        attempts = [str(i + 1) for i in range(12)]
        self.assertEqual(self.column(browser, 0, 2), attempts[::-1])
        self.assertEqual(self.click(browser, 0, 2), "descending")
        self.assertEqual(self.click(browser, 0, 2), "ascending")
        self.assertEqual(self.column(browser, 0, 2), attempts)  # 2 before 10: by number
        self.assertEqual(self.click(browser, 0, 0), "ascending")
        names = self.column(browser, 0, 0)
        self.assertEqual(names, sorted(names))

        field = browser.script("return document.getElementById('filter')")
        field = list(field.values())[0]
        browser.post(f"/element/{field}/value", text="SUPPLIER-03")
        self.assertEqual(self.column(browser, 0, 0), ["billing03@supplier-03.example"])
        self.assertRegex(browser.script("return document.getElementById('shown').textContent"), r"^\d+ of \d+ rows$")
        browser.post(f"/element/{field}/clear")
        browser.script("document.getElementById('filter').dispatchEvent(new Event('input'))")
        self.assertEqual(len(self.column(browser, 0, 0)), 12)

        shots = os.environ.get("LOSTMAIL_SHOTS")
        for width, height in ((1280, 900), (390, 844)):
            for dark in (False, True):
                browser.show(width, height, dark)
                time.sleep(0.2)
                overflow = browser.script("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
                self.assertLessEqual(overflow, 0, f"the page scrolls sideways at {width}")
                dark_ground = browser.script("return getComputedStyle(document.body).backgroundColor")
                self.assertEqual(dark_ground, "rgb(20, 24, 28)" if dark else "rgb(255, 255, 255)")
                if shots:
                    name = f"{width}-{'dark' if dark else 'light'}.png"
                    pathlib.Path(shots, name).write_bytes(browser.shot(whole=True))

        self.assertEqual(browser.log("browser"), [])
        asked = [json.loads(entry["message"])["message"] for entry in browser.log("performance")]
        urls = {message["params"]["request"]["url"] for message in asked if message["method"] == "Network.requestWillBeSent"}
        self.assertEqual({url for url in urls if not url.startswith(("file:", "data:"))}, set())


if __name__ == "__main__":
    if not (DRIVER and BROWSER):
        print("no chromedriver and chromium here: the page is not clicked", file=sys.stderr)
        result = unittest.main(exit=False).result
        sys.exit(77 if result.wasSuccessful() else 1)
    unittest.main()
