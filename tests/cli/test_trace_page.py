"""The page that loom trace writes, in a browser without a network: it loads, zooms, and shows what is under the pointer."""
import json
import os
import re
import shutil

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.common.actions.wheel_input import ScrollOrigin
from selenium.webdriver.support.ui import WebDriverWait

SHAPE = ["trace", "layernorm_fused_rm", "--shape", "64x64", "--grid", "1x1"]


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    assert chromium and driver, "./dev setup installs chromium and chromium-driver"
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    words = ["--headless=new", "--window-size=1400,1000", "--host-resolver-rules=MAP * ~NOTFOUND",
             f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"]
    if os.geteuid() == 0:
        words.append("--no-sandbox")  # Chromium's own refuses to run as root
    for word in words:
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    session = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield session
    session.quit()


class Page:
    """The page, loaded, with its rows by name."""

    def __init__(self, browser, path):
        self.browser = browser
        browser.get_log("browser")
        browser.get(path.as_uri())
        WebDriverWait(browser, 20).until(lambda _: self.find("#range").get_attribute("data-end"))
        self.chart = self.find("#chart")

    def find(self, selector):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def rows(self, kind):
        return {row.find_element(By.TAG_NAME, "b").text: row
                for row in self.browser.find_elements(By.CSS_SELECTOR, f".row.{kind}")}

    def range(self):
        shown = self.find("#range")
        return tuple(float(shown.get_attribute(f"data-{end}")) for end in ("begin", "end"))

    def point(self, row, time):
        """Moves the pointer to a time in a row; gives what the tooltip says."""
        begin, end = self.range()
        x = (time - begin) / (end - begin) * self.chart.rect["width"]
        y = row.rect["y"] + row.rect["height"] * 0.55 - self.chart.rect["y"]
        offset = (round(x - self.chart.rect["width"] / 2), round(y - self.chart.rect["height"] / 2))
        ActionChains(self.browser).move_to_element_with_offset(self.chart, *offset).perform()
        return self.find("#tip").text.splitlines()

    def wheel(self, delta, offset=0):
        before = self.range()
        origin = ScrollOrigin.from_element(self.chart, offset, 0)
        ActionChains(self.browser).scroll_from_origin(origin, 0, delta).perform()
        return self.changed(before)

    def changed(self, before):
        WebDriverWait(self.browser, 10).until(lambda _: self.range() != before)
        return self.range()


@pytest.fixture
def page(browser, loom, tmp_path):
    ran = loom(*SHAPE, "--output", "t.html")
    assert (ran.code, ran.err) == (0, "")
    assert re.fullmatch(r"wrote t\.html: \d+ events of 1 core; open it in a browser\n", ran.out)
    shown = Page(browser, tmp_path / "t.html")
    shown.data = json.loads(re.search(r'id="data">(.*?)</script>', (tmp_path / "t.html").read_text(), re.DOTALL)[1])
    return shown


def steps(cb):
    """(time, pages) of a circular buffer, from the page's data."""
    time, found = 0, []
    for delta, pages in zip(cb["steps"][::2], cb["steps"][1::2]):
        time += delta
        found.append((time, pages))
    return found


def test_it_loads_alone_and_without_complaint(page):
    assert page.browser.get_log("browser") == []
    assert page.browser.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert page.browser.title == page.find("h1").text == "layernorm_fused_rm 64x64 bfloat16"
    assert list(page.rows("core")) == ["core (0,0)"]
    assert list(page.rows("thread")) == ["reader", "UNPACK", "MATH", "PACK", "writer"]
    assert len(page.rows("cb")) == 13 and not page.find("#fault").is_displayed() and not page.find("#note").is_displayed()
    assert page.range() == (0, page.data["end"])


def test_it_shows_the_occupancy_of_c_1_under_the_pointer(page):
    """At the middle of each of its longest stretches, the pages that were there."""
    (cb,) = [cb for cb in page.data["cores"][0]["cbs"] if cb["name"] == "c_1 input, tiled"]
    told = steps(cb) + [(page.data["end"], 0)]
    stretches = sorted(((end - begin, begin, end, pages) for (begin, pages), (end, _) in zip(told, told[1:])))[-4:]
    row = page.rows("cb")["c_1 input, tiled"]
    seen = set()
    for _, begin, end, pages in stretches:
        assert page.point(row, (begin + end) / 2)[0] == f"c_1 input, tiled: {pages} of 4 pages"
        seen.add(pages)
    assert {0, 2} <= seen


def test_the_wheel_zooms_about_the_pointer(page):
    begin, end = page.range()
    near = page.wheel(-600)
    assert near[1] - near[0] < 0.6 * (end - begin)
    assert (near[0] + near[1]) / 2 == pytest.approx((begin + end) / 2, rel=0.02)
    nearer = page.wheel(-600, 300)
    assert nearer[0] > near[0] and (nearer[0] + nearer[1]) > (near[0] + near[1])
    far = page.wheel(4000)
    assert far == (0, end)


def test_keys_buttons_and_dragging_move_the_range(page):
    whole = page.range()
    body = page.find("body")

    def press(key):
        before = page.range()
        body.send_keys(key)
        return before, page.changed(before)

    before, after = press("w")
    assert after[1] - after[0] < before[1] - before[0]
    before, after = press(Keys.ARROW_RIGHT)
    assert after[0] > before[0] and after[1] - after[0] == pytest.approx(before[1] - before[0])
    before, after = press("a")
    assert after[0] < before[0]
    ActionChains(page.browser).drag_and_drop_by_offset(page.chart, -200, 0).perform()
    dragged = page.changed(after)
    assert dragged[0] > after[0]
    page.find("#zoom-in").click()
    nearer = page.changed(dragged)
    assert nearer[1] - nearer[0] == pytest.approx((dragged[1] - dragged[0]) / 2)
    before, after = press("f")
    assert after == whole


def test_a_wait_says_for_how_long_and_for_whom(page):
    time, longest = 0, (0, 0)
    (writer,) = [thread for thread in page.data["cores"][0]["threads"] if thread["name"] == "writer"]
    for delta, length in zip(writer["spans"][::5], writer["spans"][1::5]):
        time += delta
        longest = max(longest, (length, time))
    said = page.point(page.rows("thread")["writer"], longest[1] + longest[0] / 2)
    assert said[0] == "waits: cb_wait_front(c_16, 32)"
    assert re.fullmatch(r"writer of core \(0,0\), at writer_layernorm_fused_rm\.cpp:\d+", said[1])
    assert re.search(r"granted after .* by PACK: cb_push_back\(c_16, 32\), at layernorm_fused_rm\.cpp:\d+", "\n".join(said))


def test_cores_open_and_close_and_themes_change(browser, loom, tmp_path):
    assert loom("trace", "layernorm_fused_rm", "--shape", "192x64", "--grid", "3x2", "--output", "t.html").code == 0
    page = Page(browser, tmp_path / "t.html")
    assert len(page.rows("core")) == 6 and not page.rows("thread")
    page.rows("core")["core (1,0)"].click()
    assert list(page.rows("thread")) == ["reader", "UNPACK", "MATH", "PACK", "writer"]
    page.find("#fold").click()
    assert not page.rows("thread")
    before = page.find("html").get_attribute("data-theme")
    paper = page.find("body").value_of_css_property("background-color")
    page.find("#theme").click()
    assert {before, page.find("html").get_attribute("data-theme")} == {"light", "dark"}
    assert page.find("body").value_of_css_property("background-color") != paper
    assert browser.get_log("browser") == []


def test_a_hang_and_a_cut_are_told(browser, loom, tmp_path):
    ran = loom("trace", "layernorm_fused_rm", "--shape", "64x32", "--grid", "1x1", "--change", "c_16=4", "--output", "t.html")
    assert ran.code == 1
    assert Page(browser, tmp_path / "t.html").find("#fault pre").text == ran.err.rstrip("\n")
    assert loom(*SHAPE, "--events", "90", "--output", "t.html").code == 0
    assert Page(browser, tmp_path / "t.html").find("#note").text == "trace cut after 90 events"
