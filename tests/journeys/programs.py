"""The programs that journeys go through; without one a journey fails, and none goes unseen."""

import shutil

import pytest
from selenium import webdriver

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def program(*names):
    """The path of a program: the first of some names that is there."""
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.fail(f"journeys need {' or '.join(names)} on the PATH, and there is none")
    return found


def chromium(*flags, logs=("browser",)):
    """A browser without a window, which keeps its logs."""
    options = webdriver.ChromeOptions()
    options.binary_location = program("chromium", "chromium-browser", "google-chrome")
    for flag in (*FLAGS, *flags):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", dict.fromkeys(logs, "ALL"))
    return webdriver.Chrome(
        options=options, service=webdriver.ChromeService(program("chromedriver"))
    )
