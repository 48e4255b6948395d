"""Test the playground of the built site in headless Chromium: load, each control, step, copy.

    python tools/check_playground.py docs/_build/html [--pictures OUT]

skfnn itself answers, from this process, through the page's third engine (``?engine=served``); the
recorded runs are those of the site. That the browser falls back to them where Pyodide cannot be
loaded is tested by blocking its address. ``--serve`` only serves the page, to try it by hand.
The browser is Chromium (``CHROMIUM=/usr/bin/chromium``), driven by ``pip install playwright``.
"""

import argparse
import functools
import http.server
import importlib.util
import os
import shutil
import threading
from pathlib import Path

from check_site import FLAGS


def load_engine(site):
    """Return the module that the browser would run."""
    path = site / "_static" / "playground" / "engine.py"
    spec = importlib.util.spec_from_file_location("playground_engine", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def serve(site):
    """Serve the site, and skfnn at /engine, on the loopback interface; return (server, address)."""
    engine = load_engine(site)

    class Handler(http.server.SimpleHTTPRequestHandler):
        def do_POST(self):
            """Answer the page's request by skfnn."""
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            answer = engine.call(body).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args):
            """Print nothing."""

    handler = functools.partial(Handler, directory=str(site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"


def wait(page):
    """Wait until the page has shown every answer that it has asked for."""
    page.evaluate("() => document.getElementById('skfnn-playground').page.busy")


def epoch(page):
    """Return the epoch that the page shows."""
    return int(page.locator("#skfnn-playground").get_attribute("data-epoch"))


def check_live(page):
    """Change every control, step, play and copy, with skfnn answering."""
    wait(page)
    assert epoch(page) == 1
    page.locator("[data-action=step]").click()
    wait(page)
    assert epoch(page) == 2
    selects = page.locator(".pg-controls select")
    for i in range(selects.count()):
        control = selects.nth(i)
        values = control.locator("option").evaluate_all("all => all.map(o => o.value)")
        before = page.locator(".pg-code").text_content()
        name = control.get_attribute("name")
        for value in values:
            control.select_option(value)
            wait(page)
            assert page.locator(".pg-error").text_content() == "", (name, value)
            assert epoch(page) == 1, (name, value)
        changed = page.locator(".pg-code").text_content() != before
        assert changed or name in ("data", "noise"), name
    boxes = page.locator(".pg-controls input[type=checkbox]")
    for i in range(boxes.count()):
        before = page.locator(".pg-listing").text_content()
        boxes.nth(i).check()
        wait(page)
        assert page.locator(".pg-listing").text_content() != before
        assert page.locator(".pg-error").text_content() == ""
    page.locator("select[name=layers]").select_option("4,3")
    wait(page)
    assert page.locator(".pg-unit").count() == 7
    assert page.locator(".pg-edges line").count() == 2 * 4 + 4 * 3 + 3
    page.locator("[data-action=play]").click()
    page.wait_for_function("() => document.getElementById('skfnn-playground').dataset.epoch >= 5")
    page.locator("[data-action=play]").click()
    wait(page)
    page.locator("[data-action=copy]").click()
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied.startswith("from skfnn import FNNClassifier"), copied
    run_copied(copied)
    page.locator("select[name=learning_rate]").select_option("0.03")
    page.locator("[data-action=reset]").click()
    wait(page)
    assert epoch(page) == 1


def run_copied(code):
    """Run what the page has copied."""
    import warnings

    from sklearn.datasets import make_moons

    X, y = make_moons(100, random_state=0)
    names = {"X_train": X, "y_train": y}
    with warnings.catch_warnings(action="ignore"):
        exec(code, names)
    assert names["model"].predict(X).shape == (100,)


def check_recorded(page):
    """Choose every data set and play; try to go live where Pyodide cannot be reached."""
    for data in ("moons", "spirals", "xor", "circles"):
        page.locator("select[name=data]").select_option(data)
        wait(page)
        assert epoch(page) == 1
        assert page.locator("select[name=solver]").is_disabled()
        page.locator("[data-action=step]").click()
        wait(page)
        assert epoch(page) == 2
    before = page.locator(".pg-status").text_content()
    assert "skfnn" in before
    page.locator("[data-action=live]").click()
    page.wait_for_function("() => document.querySelector('[data-action=live]').disabled === false")
    after = page.locator(".pg-status").text_content()
    assert after != before
    assert len(after) > 20
    page.locator("[data-action=step]").click()
    wait(page)
    assert epoch(page) == 3


def main():
    """Test the page in every language that the site has, on a desk and on a phone."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", type=Path)
    parser.add_argument("--pictures", type=Path, metavar="OUT")
    parser.add_argument("--serve", action="store_true")
    given = parser.parse_args()
    server, address = serve(given.site.resolve())
    if given.serve:
        print(f"{address}/playground.html?engine=served (Ctrl-C ends)")
        threading.Event().wait()
    from playwright.sync_api import sync_playwright

    languages = [""] + ["ja/"] * (given.site / "ja" / "playground.html").exists()
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=executable, args=FLAGS)
        for language in languages:
            for width in (1280, 390):
                context = browser.new_context(
                    viewport={"width": width, "height": 900},
                    permissions=["clipboard-read", "clipboard-write"],
                )
                context.route("**/cdn.jsdelivr.net/**", lambda route: route.abort())
                page = context.new_page()
                page.set_default_timeout(30_000)
                errors = []
                page.on("pageerror", lambda error, errors=errors: errors.append(str(error)))
                page.goto(f"{address}/{language}playground.html")
                check_recorded(page)
                page.goto(f"{address}/{language}playground.html?engine=served")
                check_live(page)
                wide = page.evaluate(
                    "() => document.body.scrollWidth - document.documentElement.clientWidth"
                )
                assert wide <= 1, f"the page is {wide} pixels too wide at {width}"
                assert not errors, errors
                if given.pictures:
                    given.pictures.mkdir(parents=True, exist_ok=True)
                    for _ in range(30):
                        page.locator("[data-action=step]").click()
                    wait(page)
                    name = f"playground_{language.strip('/') or 'en'}_{width}.png"
                    page.screenshot(path=given.pictures / name, full_page=True)
                print(f"playground in {language or 'en/'} at {width} pixels: passed")
                context.close()
        browser.close()
    server.shutdown()


if __name__ == "__main__":
    main()
