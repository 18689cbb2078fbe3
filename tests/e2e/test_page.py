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


def test_a_phone_shows_it_without_overflow(page):
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True})
    type_query(page, "vector database")
    until(page, lambda b: b.find_elements(By.CSS_SELECTOR, "#results mark"))
    width = page.execute_script(
        "return document.documentElement.scrollWidth")
    assert width <= 390
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
