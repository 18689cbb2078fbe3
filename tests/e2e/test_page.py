# SPDX-License-Identifier: Apache-2.0
"""The page in a real browser, as people use it.

MILLRACE_SCREENSHOTS names a folder that gets pictures to look at.
"""
import os
import pathlib

import pytest

selenium = pytest.importorskip("selenium")
from selenium import webdriver  # noqa: E402
from selenium.webdriver.chrome.options import Options  # noqa: E402
from selenium.webdriver.chrome.service import Service  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

from test_crawl import serve  # noqa: E402
from test_dead import put_what_fails  # noqa: E402

DRIVER = pathlib.Path("/usr/bin/chromedriver")
ARGUMENTS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic",
    "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--window-size=1280,900",
]


@pytest.fixture
def browser(tmp_path):
    if not DRIVER.exists():
        pytest.skip("chromium-driver is not installed: deploy/packages does")
    options = Options()
    options.binary_location = "/usr/bin/chromium"
    for argument in [*ARGUMENTS, f"--user-data-dir={tmp_path}/profile"]:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(service=Service(str(DRIVER)), options=options)
    yield driver
    driver.quit()


@pytest.fixture
def page(server, browser):
    server.put("b", "FAISS is a vector database. It was made for search among "
               "many vectors.", title="About FAISS", url="https://x.example/b")
    server.put("a", "Transformers are neural networks <b>bold</b>",
               title="<script>alert(1)</script>")
    browser.get(server.url + "/")
    return browser


def until(browser, condition):
    return WebDriverWait(browser, 30).until(condition)


def text_of(browser, name):
    return browser.find_element(By.ID, name).text


def screenshot(browser, name):
    folder = os.environ.get("MILLRACE_SCREENSHOTS")
    if folder:
        browser.save_screenshot(f"{folder}/{name}.png")


def check_quiet(browser):
    problems = [entry for entry in browser.get_log("browser")
                if entry["level"] in ("SEVERE", "WARNING")]
    assert problems == []


def type_query(browser, words):
    field = browser.find_element(By.ID, "query")
    field.clear()
    field.send_keys(words)


def test_typing_searches_and_highlights(page, server):
    type_query(page, "vector database")
    until(page, lambda b: b.find_elements(By.CSS_SELECTOR, "#results mark"))
    first = page.find_element(By.CSS_SELECTOR, "#results li")
    assert "About FAISS" in first.text
    marks = [mark.text for mark in first.find_elements(By.TAG_NAME, "mark")]
    assert marks[:2] == ["vector", "database"]
    link = first.find_element(By.TAG_NAME, "a")
    assert link.get_attribute("href") == "https://x.example/b"
    screenshot(page, "search")
    # Drafts leave no event: only whole questions are logged.
    metrics = server.call("GET", "/metrics").body.decode()
    assert 'route="/v1/search",status="200"' in metrics
    check_quiet(page)


def test_what_documents_say_is_never_markup(page):
    type_query(page, "neural networks")
    until(page, lambda b: "<b>bold</b>" in text_of(b, "results"))
    assert "<script>alert(1)</script>" in text_of(page, "results")
    check_quiet(page)


def test_code_keeps_its_indentation(page, server):
    server.put("code", html="<p>How a mill is called:</p>"
               "<pre>def turn(wheel):\n    return wheel.turn()\n</pre>")
    type_query(page, "def turn wheel")
    until(page, lambda b: "\n    return wheel.turn()" in
          b.find_element(By.ID, "results").get_property("innerText"))
    check_quiet(page)


def long_text(about):
    return "\n\n".join(
        f"# Part {part} of {about}\n\n" + " ".join(
            f"The {about} of part {part} turns stone {nth} of the mill."
            for nth in range(20)) for part in range(3))


def test_passages_of_one_document_stand_together(page, server):
    server.put("long", long_text("waterwheel"), title="The waterwheel")
    server.put("other", "A waterwheel is built of oak.", title="Oak")
    type_query(page, "waterwheel")
    until(page, lambda b: len(b.find_elements(
        By.CSS_SELECTOR, "#results .passage")) >= 3)
    groups = page.find_elements(By.CSS_SELECTOR, "#results > li")
    passages = {group.find_element(By.TAG_NAME, "h3").text:
                len(group.find_elements(By.CLASS_NAME, "passage"))
                for group in groups}
    hits = server.search("waterwheel")["hits"]
    assert len(passages) == len({hit["document"] for hit in hits})
    assert passages["The waterwheel"] > 1
    assert sum(passages.values()) == len(hits)
    assert f"{passages['The waterwheel']} passages" in groups[
        list(passages).index("The waterwheel")].text
    assert f"from {len(groups)} documents" in text_of(page, "took")
    check_quiet(page)


def test_an_answer_cites_and_is_rated(page, server):
    type_query(page, "What is FAISS?")
    page.find_element(By.ID, "query").send_keys(Keys.ENTER)
    until(page, lambda b: "FAISS is a vector database" in
          text_of(b, "answer-text"))
    page.find_element(By.CSS_SELECTOR, "#citations a").click()
    until(page, lambda b: b.find_elements(By.CSS_SELECTOR, "#results .shown"))
    assert page.switch_to.active_element.get_attribute("id") == "hit-0"
    page.find_element(By.ID, "up").click()
    until(page, lambda b: "noted" in text_of(b, "rated"))
    assert page.find_element(By.ID, "up").get_attribute(
        "aria-pressed") == "true"
    screenshot(page, "answer")
    check_quiet(page)


def test_a_citation_opens_its_passage_and_marks_the_sentence(page, server):
    server.put("long", long_text("waterwheel"), title="The waterwheel")
    type_query(page, "Which stone does the waterwheel of part 2 turn?")
    page.find_element(By.ID, "query").send_keys(Keys.ENTER)
    until(page, lambda b: "waterwheel" in text_of(b, "answer-text"))
    reply = server.call("POST", "/v1/answer", {
        "query": "Which stone does the waterwheel of part 2 turn?"}).json()
    last = reply["citations"][-1]
    page.find_elements(By.CSS_SELECTOR, "#answer-text a")[-1].click()
    until(page, lambda b: b.find_elements(By.CSS_SELECTOR, "#results .shown"))
    shown = page.find_element(By.CSS_SELECTOR, "#results .shown")
    assert shown.get_attribute("id") == f"hit-{last['hit']}"
    cited = "".join(one.get_attribute("textContent") for one in
                    shown.find_elements(By.CLASS_NAME, "cited"))
    assert cited == last["text"]
    check_quiet(page)


def test_a_citation_names_the_place_in_its_document(page, server):
    server.put("mill", html="<h1>The mill</h1><p>A mill grinds grain.</p>"
               "<h2>The wheel</h2><p>" + "The waterwheel turns the stone. "
               * 40 + "</p>", title="The mill")
    type_query(page, "What does the waterwheel turn?")
    page.find_element(By.ID, "query").send_keys(Keys.ENTER)
    until(page, lambda b: "The wheel" in text_of(b, "citations"))
    first = page.find_element(By.CSS_SELECTOR, "#citations li").text
    assert first.startswith("The mill · ") and first.endswith("The wheel")
    check_quiet(page)


def test_an_answer_goes_when_something_else_is_searched(page):
    type_query(page, "What is FAISS?")
    page.find_element(By.ID, "query").send_keys(Keys.ENTER)
    until(page, lambda b: b.find_element(By.ID, "answer").is_displayed())
    type_query(page, "neural networks")
    until(page, lambda b: not b.find_element(By.ID, "answer").is_displayed())
    type_query(page, "x")
    page.find_element(By.ID, "query").send_keys(Keys.BACKSPACE)
    until(page, lambda b: not b.find_element(By.ID, "found").is_displayed())
    assert page.find_element(By.ID, "hint").is_displayed()


def test_an_empty_server_says_what_to_do(server, browser):
    browser.get(server.url + "/")
    until(browser, lambda b: "Nothing is here yet" in text_of(b, "hint"))
    assert "millrace ingest" in text_of(browser, "no-sources")
    assert not browser.find_element(By.ID, "examples").is_displayed()
    check_quiet(browser)


def test_examples_are_titles_of_documents_that_are_there(server, browser):
    for title in ("Water mills", "Wind mills"):
        server.put(title, f"About {title}, an overview.", title=title)
    browser.get(server.url + "/")
    until(browser, lambda b: "by words 2" in text_of(b, "searchable"))
    assert not browser.find_element(By.ID, "examples").is_displayed()
    server.put("third", "An overview of hand mills.", title="Hand mills")
    until(browser, lambda b: b.find_element(By.ID, "examples").is_displayed())
    buttons = browser.find_elements(By.CSS_SELECTOR, "#examples button")
    assert {button.text for button in buttons} == {
        "Water mills", "Wind mills", "Hand mills"}
    wanted = buttons[0].text
    buttons[0].click()
    until(browser, lambda b: b.find_elements(By.CSS_SELECTOR, "#results h3"))
    assert browser.find_element(By.CSS_SELECTOR, "#results h3").text == wanted
    check_quiet(browser)


def test_the_pipeline_is_shown_live(page, server):
    until(page, lambda b: "by words 2, by meaning 2" in
          text_of(b, "searchable"))
    server.put("c", "a third document of rivers")
    until(page, lambda b: "by words 3, by meaning 3" in
          text_of(b, "searchable"))
    rows = page.find_elements(By.CSS_SELECTOR, "#stages tr")
    assert [row.text.split()[0] for row in rows] == ["clean", "curate",
                                                     "admit", "embed"]
    check_quiet(page)


def test_replicas_of_shards_elsewhere_are_shown_with_their_health(page):
    assert not page.find_element(By.ID, "replicas").is_displayed()
    lines = page.execute_script("""
        showReplicas([
            {shard: 0, name: "a", address: "http://10.0.0.7:1", healthy: true,
             lag: 1, outstanding: 0},
            {shard: 0, name: "b", address: "http://10.0.0.8:1", healthy: false,
             lag: 7, outstanding: 0},
            {shard: 1, name: "<c>", address: "http://10.0.0.7:1",
             healthy: true, lag: null, outstanding: 2}]);
        return [...document.querySelectorAll("#replicas li")].map(
            (line) => [line.innerText, line.className]);""")
    assert lines == [["shard 0, a: answers, 1 record behind", ""],
                     ["shard 0, b: does not answer", "problem"],
                     ["shard 1, <c>: answers", ""]]
    check_quiet(page)


def test_rejections_and_dead_letters_are_shown_with_their_reasons(page,
                                                                  server):
    assert not page.find_element(By.ID, "rejections").is_displayed()
    assert not page.find_element(By.ID, "dead").is_displayed()
    server.put("empty", "")
    server.put("copy", "FAISS is a vector database. It was made for search "
               "among many vectors.")
    put_what_fails(server, "broken")
    until(page, lambda b: "empty: 1" in text_of(b, "rejections")
          and "duplicate: 1" in text_of(b, "rejections"))
    [letter] = server.call("GET", "/v1/dead").json()["letters"]
    until(page, lambda b: f"clean, broken: {letter['error']}" in
          text_of(b, "dead"))
    assert f"{letter['partition']}/{letter['offset']} " in text_of(page,
                                                                   "dead")
    numbers = {one.find_element(By.TAG_NAME, "dt").text:
               one.find_element(By.TAG_NAME, "dd").text
               for one in page.find_elements(By.CSS_SELECTOR,
                                             "#documents div")}
    assert numbers == {name: str(number) for name, number in
                       server.status()["documents"].items()}
    screenshot(page, "pipeline")
    check_quiet(page)


def test_rejections_of_earlier_starts_are_not_forgotten(server, browser):
    server.put("empty", "")
    server.stop()
    server.start()
    browser.get(server.url + "/")
    until(browser, lambda b: "1 before the start" in
          text_of(b, "rejections"))


def test_each_source_is_shown_with_its_freshness(page, server, tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text(
        "<title>Mill</title><p>The race of the mill carries water.</p>"
        "<a href='gone.html'>a</a><a href='b.html'>b</a>")
    (site / "b.html").write_text("<p>The wheel of the mill turns.</p>")
    with serve(site) as (url, _):
        done = server.cli("ingest", "--wait", "--allow-private", url + "/")
        assert done.returncode == 0, done.stderr
    [one] = server.status()["sources"]
    until(page, lambda b: "read" in text_of(b, "sources"))
    text = text_of(page, "sources")
    assert one["name"] in text
    assert "2 documents of 3 pages, 0 failed" in text
    assert " ago, next in 24 h" in text
    assert not page.find_element(By.ID, "no-sources").is_displayed()
    # Its host is gone now: that is a problem with words.
    server.cli("ingest", "--wait", "--allow-private", url + "/")
    until(page, lambda b: "problem" in text_of(b, "sources"))
    problems = page.find_element(By.CSS_SELECTOR, "#sources details")
    problems.find_element(By.TAG_NAME, "summary").click()
    until(page, lambda b: url in problems.text)
    check_quiet(page)


def test_a_site_is_not_said_to_have_no_pages_after_a_start(server, browser,
                                                           tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("<p>The race of the mill.</p>")
    with serve(site) as (url, _):
        done = server.cli("ingest", "--wait", "--allow-private", url + "/")
        assert done.returncode == 0, done.stderr
    assert server.stop() == 0
    browser.get(server.start().url + "/")
    until(browser, lambda b: "1 document, 0 failed" in text_of(b, "sources"))


def test_what_a_source_leaves_out_is_counted(page, server, tmp_path):
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "picture.png").write_bytes(b"no picture")
    (folder / "note.txt").write_text("The race of the mill carries water.")
    assert server.cli("ingest", "--wait", str(folder)).returncode == 0
    until(page, lambda b: "1 document of 1 file, 1 skipped, 0 failed" in
          text_of(b, "sources"))


def test_what_waits_for_vectors_has_a_time_left(page, server):
    text = " ".join(f"word{nth}" for nth in range(2000))
    for nth in range(60):
        server.put(f"bulk{nth}", f"{nth} {text}", wait=None,
                   query="&lane=bulk")

    def waits(browser):
        cells = browser.find_elements(By.CSS_SELECTOR,
                                      "#stages tr:last-child td")
        return int(cells[2].text) > 0 and cells[3].text.endswith((" s",
                                                                  "min"))

    until(page, waits)


def emulate_phone(browser):
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True})


def test_a_phone_shows_it_without_overflow(page, server):
    server.put("wide", "a wide word " + "x" * 300, title="y" * 120,
               url="https://x.example/" + "z" * 200)
    emulate_phone(page)
    for query in ("vector database", "a wide word"):
        type_query(page, query)
        until(page, lambda b: b.find_elements(By.CSS_SELECTOR,
                                              "#results mark"))
        width = page.execute_script(
            "return document.documentElement.scrollWidth")
        assert width <= 390
    page.find_element(By.CLASS_NAME, "jump").click()
    assert page.switch_to.active_element.get_attribute(
        "id") == "pipeline-title"
    # All columns of the pipeline are there, also with large numbers.
    room, needed = page.execute_script("""
        document.querySelectorAll("#stages td").forEach((cell, nth) => {
          cell.textContent = ["10,076", "1,024", "3,204", "99 min", "451",
                              "12"][nth % 6];
        });
        const table = document.querySelector(".scroll");
        return [table.clientWidth, table.scrollWidth];""")
    assert needed <= room
    screenshot(page, "phone")


def test_the_keyboard_reaches_everything_in_order(page):
    def name():
        element = page.switch_to.active_element
        return (element.get_attribute("id") or element.get_attribute("class")
                or element.get_attribute("name"))

    def press(*keys):
        webdriver.ActionChains(page).send_keys(*keys).perform()
        return name()

    assert name() == "query"  # where one begins
    assert press(Keys.TAB) == "answer-button"
    assert press(Keys.TAB) == "mode"
    assert press(Keys.TAB) == "scroll"
    page.find_element(By.ID, "query").click()
    webdriver.ActionChains(page).key_down(Keys.SHIFT).send_keys(
        Keys.TAB).key_up(Keys.SHIFT).perform()
    assert name() == "skip"


def test_it_is_readable_in_the_dark(page):
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {
        "features": [{"name": "prefers-color-scheme", "value": "dark"}]})
    ground = page.execute_script(
        "return getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(21, 24, 28)"
    type_query(page, "vector database")
    until(page, lambda b: b.find_elements(By.CSS_SELECTOR, "#results mark"))
    screenshot(page, "dark")


def test_a_server_that_is_gone_is_said_to_be(page, server):
    server.kill()
    until(page, lambda b: "does not answer" in text_of(b, "offline"))
