# SPDX-License-Identifier: Apache-2.0
"""The page of a server that wants an API key, in a real browser."""
import pytest

from test_page import (browser, screenshot, text_of, type_query,  # noqa: F401
                       until)
from test_keys import bearer, create, keyed, revoke, start  # noqa: F401

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys


@pytest.fixture
def locked(keyed, browser):  # noqa: F811
    """The page before a key was given, with a document behind it."""
    keyed.call("PUT", "/v1/documents/a?wait=true",
               {"text": "The race of the mill carries water.",
                "title": "The mill race"}, bearer(keyed.secret))
    browser.get(keyed.url + "/")
    until(browser, is_asking)
    return browser


def is_asking(page):
    return page.find_element(By.ID, "key-form").is_displayed()


def press(page, *keys):
    webdriver.ActionChains(page).send_keys(*keys).perform()
    return page.switch_to.active_element.get_attribute("id")


def give(page, secret):
    page.find_element(By.ID, "key").clear()
    page.find_element(By.ID, "key").send_keys(secret, Keys.ENTER)


def in_use(page):
    return "by words 1" in text_of(page, "searchable")


def test_a_key_is_asked_for_and_given_by_keyboard_alone(locked, keyed):  # noqa: F811
    assert locked.switch_to.active_element.get_attribute("id") == "key"
    assert locked.find_element(By.ID, "key").get_attribute(
        "type") == "password"
    assert not locked.find_element(By.ID, "key-problem").is_displayed()
    # Nobody is told that the server is gone, and it is not asked on and on.
    assert not locked.find_element(By.ID, "offline").is_displayed()
    screenshot(locked, "key")
    assert press(locked, keyed.secret, Keys.ENTER) is not None
    until(locked, in_use)
    assert not is_asking(locked)
    assert locked.switch_to.active_element.get_attribute("id") == "query"
    assert press(locked, "what carries water", Keys.ENTER) == "query"
    until(locked, lambda b: "carries water" in text_of(b, "answer-text"))
    locked.find_element(By.ID, "up").click()
    until(locked, lambda b: "noted" in text_of(b, "rated"))
    # The pipeline's numbers come through the same door.
    until(locked, lambda b: b.find_elements(By.CSS_SELECTOR, "#stages tr"))


def test_a_wrong_key_is_told_and_another_may_be_tried(locked, keyed, folder):  # noqa: F811
    give(locked, "mr_wrong")
    until(locked, lambda b: "no such API key" in text_of(b, "key-problem"))
    assert is_asking(locked)
    give(locked, "schlüssel")
    until(locked, lambda b: "is no API key" in text_of(b, "key-problem"))
    give(locked, create(folder, "notes", "--collection", "notes"))
    until(locked, lambda b: "is not for the collection" in
          text_of(b, "key-problem"))
    give(locked, keyed.secret)
    until(locked, in_use)


def test_a_key_is_kept_for_the_tab_until_it_is_forgotten(locked, keyed):  # noqa: F811
    give(locked, keyed.secret)
    until(locked, in_use)
    locked.refresh()
    until(locked, in_use)
    assert not is_asking(locked)
    kept = locked.execute_script(
        "return [localStorage.length, document.cookie, "
        "sessionStorage.length];")
    assert kept == [0, "", 1]
    locked.find_element(By.ID, "forget-key").click()
    until(locked, is_asking)
    assert locked.execute_script("return sessionStorage.length;") == 0


def test_a_key_that_is_revoked_is_asked_for_anew(locked, folder):
    give(locked, create(folder, "guest"))
    until(locked, in_use)
    revoke(folder, "guest")
    until(locked, is_asking)
    assert "it was revoked" in text_of(locked, "key-problem")
    type_query(locked, "mill")
    until(locked, lambda b: "needs an API key" in text_of(b, "problem"))
    give(locked, create(folder, "again"))
    until(locked, in_use)


def test_the_page_asks_nobody_else(locked, keyed):  # noqa: F811
    give(locked, keyed.secret)
    until(locked, in_use)
    asked = locked.execute_script(
        "return performance.getEntriesByType('resource').map(e => e.name);")
    assert len(asked) > 4
    assert [one for one in asked if not one.startswith(keyed.url + "/")
            and not one.startswith("data:")] == []
    assert keyed.secret not in "".join(asked)


def test_it_is_readable_in_the_dark_and_on_a_phone(locked):
    locked.execute_cdp_cmd("Emulation.setEmulatedMedia", {
        "features": [{"name": "prefers-color-scheme", "value": "dark"}]})
    locked.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True})
    ground, ink = locked.execute_script(
        "const style = getComputedStyle(document.getElementById('key'));"
        "return [style.backgroundColor, style.color];")
    assert ground == "rgb(28, 32, 37)" and ink == "rgb(232, 230, 225)"
    assert locked.execute_script(
        "return document.documentElement.scrollWidth") <= 390
    screenshot(locked, "key-dark")
