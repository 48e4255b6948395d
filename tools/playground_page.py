"""The playground in a browser, for tools/check_playground.py: to open it, press keys, ask it."""

import contextlib
import os
import shutil
import subprocess
import sys
import warnings

SPIRAL = "data=spirals&units=8-8&noise=0&rows=240"


def browser_path(install):
    """Return where Chromium is, None for the one of playwright; install it if asked to."""
    given = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if given or not install:
        return given
    if os.geteuid() != 0:
        sys.exit("Chromium is not there, and only root can apt-get install chromium.")
    subprocess.run(["apt-get", "update", "-q"], check=True)
    command = ["apt-get", "install", "-qy", "--no-install-recommends", "chromium"]
    subprocess.run(command, check=True)
    return shutil.which("chromium") or sys.exit("apt-get has installed no chromium.")


class Page:
    """The playground in a browser.

    Parameters
    ----------
    view : playwright page
        The tab.
    address : str
        Of the page.
    """

    def __init__(self, view, address):
        self.view, self.address = view, address

    def open(self, hash_=""):
        """Load the page at a link, and wait until what the link says has been done."""
        self.view.goto("about:blank")
        self.view.goto(f"{self.address}#{hash_}")
        self.view.wait_for_function(
            "() => { const p = document.getElementById('skfnn-playground').page;"
            " return p && !p.replaying; }"
        )

    def do(self, script):
        """Return what an expression of ``page``, the object that runs it, is."""
        return self.view.evaluate(
            f"() => {{ const page = document.getElementById('skfnn-playground').page;"
            f" return {script}; }}"
        )

    def click(self, name):
        """Press a key of the bar."""
        self.view.locator(f"[data-action={name}]").click()

    def choose(self, name, value):
        """Choose a value of a control."""
        self.view.locator(f"#skfnn-playground select[name={name}]").select_option(value)

    @property
    def epoch(self):
        """The epoch that is shown."""
        return int(self.view.locator("#skfnn-playground").get_attribute("data-epoch"))

    @property
    def code(self):
        """The code that is shown."""
        return self.view.locator(".pg-code").text_content()

    @property
    def problem(self):
        """What is wrong, as the page says it."""
        return self.view.locator(".pg-error").text_content()

    def count(self, selector):
        """Return how many elements there are."""
        return self.view.locator(f"#skfnn-playground {selector}").count()


def run(code):
    """Run what the page has written; return its names."""
    names = {}
    with (
        warnings.catch_warnings(action="ignore"),
        contextlib.redirect_stdout(None),
    ):
        exec(code, names)
    return names


def take_pictures(page, folder, name):
    """Save what the page shows while a unit is followed, light and dark."""
    folder.mkdir(parents=True, exist_ok=True)
    for theme in ("light", "dark"):
        page.open(f"{SPIRAL}&done=60")
        page.view.evaluate(f"() => {{ document.documentElement.dataset.theme = '{theme}'; }}")
        page.view.locator('[data-key="unit 1 1"]').click()
        page.view.screenshot(path=folder / f"playground_{name}_{theme}.png", full_page=True)
