"""Check the built site: links and anchors, languages, widths, search, and pictures of every page.

    python tools/check_site.py docs/_build/html                # links, languages; no browser
    python tools/check_site.py docs/_build/html --browser      # and what a browser shows
    python tools/check_site.py docs/_build/html --pictures OUT # and a screenshot of every page
    python tools/check_site.py docs/_build/html --axe          # what axe says of accessibility

The browser is Chromium (``CHROMIUM=/usr/bin/chromium``), driven by ``pip install playwright``;
``--axe`` needs ``pip install axe-playwright-python``. ``--only WORD`` looks at a part of the pages.
"""

import argparse
import contextlib
import functools
import http.server
import os
import re
import shutil
import sys
import threading
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

from translations import ENGLISH

ENGLISH_LABELS = Path(__file__).parents[1] / "docs" / "generated" / "english"
JAPANESE = "[ぁ-んァ-ヶー一-龥]"
MENU = r'nav-link nav-internal"[^>]*>\s*([^<]*?)\s*</a>'  # its words
WIDTHS = (1280, 390)
# What a reader types into the search, and the page that has to come first.
SEARCHES = {
    "missing values": "tabular.html",
    "dates": "tabular.html",
    "uncertainty": "how_sure.html",
    "GPU": "speed.html",
    "grid search": "model_selection.html",
}
# What is the theme's own: the search button's visible text is no part of its name, and the arrows
# that unfold its menu have none.
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
       "rules": {"label-content-name-mismatch": {"enabled": False},
                 "summary-name": {"enabled": False}},
       "resultTypes": ["violations"]}  # fmt: skip
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update",
         "--disable-sync"]  # fmt: skip


class Page(HTMLParser):
    """The anchors that a page has, the addresses that it names, its headings and pictures."""

    def __init__(self, path):
        super().__init__()
        self.anchors, self.links = set(), []
        self.levels, self.without_alt = [], []
        self.feed(path.read_text(encoding="utf8"))

    def handle_starttag(self, tag, attributes):
        """Note identifiers, links and pictures."""
        given = dict(attributes)
        self.anchors |= {given[name] for name in ("id", "name") if given.get(name)}
        if tag in ("a", "link") and given.get("href"):
            self.links.append(given["href"])
        if tag in ("img", "script", "source", "iframe") and given.get("src"):
            self.links.append(given["src"])
        if tag == "img" and "alt" not in given:
            self.without_alt.append(given.get("src"))
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))

    def unreadable(self):
        """Yield what a screen reader stumbles over: pictures without a text, gaps in headings."""
        yield from (f"a picture without alt: {picture}" for picture in self.without_alt)
        if self.levels.count(1) != 1:
            yield f"{self.levels.count(1)} headings of level 1"
        for above, below in pairwise(self.levels):
            if below > above + 1:
                yield f"a heading of level {below} below one of level {above}"


def broken_links(site):
    """Return (page, link) of every link inside the site that leads nowhere."""
    pages = {
        path: Page(path) for path in sorted(site.rglob("*.html")) if "_static" not in path.parts
    }
    broken = []
    for path, page in pages.items():
        for link in dict.fromkeys(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists():
                broken.append((path.relative_to(site), link))
            elif parts.fragment and target in pages:
                anchor = unquote(parts.fragment)
                if anchor not in pages[target].anchors:
                    broken.append((path.relative_to(site), link))
    return broken


class Prose(HTMLParser):
    """The text of a page's article, without code, formulas and what programs print."""

    LEFT_OUT = frozenset(("pre", "code", "math", "script", "style", "kbd", "button", "svg"))

    def __init__(self, path):
        super().__init__()
        self.depth, self.hidden, self.parts = 0, 0, []
        self.feed(path.read_text(encoding="utf8"))

    def handle_starttag(self, tag, attributes):
        """Enter the article, or something in it that is left out."""
        self.depth += tag == "article"
        self.hidden += tag in self.LEFT_OUT

    def handle_endtag(self, tag):
        """Leave what was entered."""
        self.depth -= tag == "article"
        self.hidden -= tag in self.LEFT_OUT

    def handle_data(self, data):
        """Keep text that a reader reads as text."""
        if self.depth and not self.hidden:
            self.parts.append(data)

    def is_japanese(self):
        """Return whether there are two Japanese characters to a Latin word that is no name.

        A name is what has a capital, a digit or an underscore in it, or a dot before it.
        """
        text = " ".join(self.parts)
        words = re.findall(r"(?<![\w.])[a-z]{2,}(?![\w(])", text)
        return len(re.findall(JAPANESE, text)) >= 2 * len(words)


def wrong_language(site):
    """Return (page, complaint) of Japanese pages in English, and of figures with English labels."""
    complaints = []
    for path in sorted((site / "ja").rglob("*.html")):
        page = path.relative_to(site / "ja").with_suffix("").as_posix()
        written_by_sphinx = page in ("genindex", "search", "py-modindex")
        if written_by_sphinx or page.startswith(("api/", "_modules/", "_static/")):
            continue
        if page not in ENGLISH and not Prose(path).is_japanese():
            complaints.append((f"ja/{page}", "is in English; so are pages of translations.ENGLISH"))
    home = site / "ja" / "index.html"
    words = re.findall(MENU, home.read_text(encoding="utf8")) if home.exists() else []
    complaints += [("the Japanese menu", word) for word in dict.fromkeys(words)
                   if not re.search(JAPANESE, word)]  # fmt: skip
    left = [
        (path.stem, path.read_text(encoding="utf8"))
        for path in sorted(ENGLISH_LABELS.glob("*.txt"))
    ]
    return complaints + [(f"figure {name}", f"English labels: {text!r}") for name, text in left]


def serve(site):
    """Serve a folder on the loopback interface; return (server, address)."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            """Print nothing."""

    handler = functools.partial(Quiet, directory=str(site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"


# Elements that are wider than what shows them, with the name of the nearest element with an id.
TOO_WIDE = """() => {
  const out = [];
  const page = document.documentElement;
  if (page.scrollWidth > page.clientWidth + 1) out.push(`the page: ${page.scrollWidth}`);
  const phone = page.clientWidth < 600;
  for (const e of document.querySelectorAll(phone ? "article table" : "article pre, article table"))
    for (let box = e; box && box.tagName !== "ARTICLE"; box = box.parentElement)
      if (box.scrollWidth > box.clientWidth + 2 && getComputedStyle(box).overflowX !== "visible") {
        out.push(`${e.tagName} ${box.scrollWidth} > ${box.clientWidth}: `
                 + e.textContent.trim().slice(0, 50).replace(/\\s+/g, " "));
        break;
      }
  return out;
}"""


@contextlib.contextmanager
def browse(site):
    """Give a browser and the address of the site."""
    from playwright.sync_api import sync_playwright

    server, address = serve(site)
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser, address
        browser.close()
    server.shutdown()


def views(browser, widths, themes):
    """Give a page of each width in each theme, and what its scripts complain of."""
    for width in widths:
        for theme in themes:
            context = browser.new_context(viewport={"width": width, "height": 900},
                                          color_scheme=theme)  # fmt: skip
            view, errors = context.new_page(), []
            view.on("pageerror", lambda error: errors.append(str(error)))  # noqa: B023
            yield view, width, theme, errors
            context.close()


def look(site, pictures, pages):
    """Return complaints of what a browser shows; save a picture of every page if asked to."""
    complaints = []
    with browse(site) as (browser, address):
        themes = ("light", "dark") if pictures else ("light",)
        for view, width, theme, errors in views(browser, WIDTHS, themes):
            for page in pages:
                view.goto(f"{address}/{page}")
                complaints += [(f"{page} at {width}", text) for text in view.evaluate(TOO_WIDE)]
                if pictures:
                    name = page.removesuffix(".html").replace("/", "+")
                    view.screenshot(path=pictures / f"{name}_{width}_{theme}.png", full_page=True)
            complaints += [("a script", error) for error in errors]
    return complaints


def search(site):
    """Return complaints of pages that the search does not give first."""
    complaints = []
    with browse(site) as (browser, address):
        view = browser.new_page()
        for words, wanted in SEARCHES.items():
            view.goto(f"{address}/search.html?q={words.replace(' ', '+')}")
            first = view.locator("#search-results li a").first
            first.wait_for()
            view.wait_for_timeout(500)
            found = urlsplit(first.get_attribute("href")).path.split("/")[-1]
            if found != wanted:
                complaints.append((f"search for {words!r}", f"{found} comes before {wanted}"))
    return complaints


def stumble(site, pages):
    """Return what axe finds, by the levels A and AA of WCAG, in both themes."""
    from axe_playwright_python.sync_playwright import Axe

    complaints = []
    with browse(site) as (browser, address):
        for view, _, theme, _ in views(browser, WIDTHS[:1], ("light", "dark")):
            for page in pages:
                view.goto(f"{address}/{page}")
                for found in Axe().run(view, options=AXE).response["violations"]:
                    first = found["nodes"][0]["html"][:80]
                    complaints.append((f"{page}, {theme}", f"{found['help']}: {first}"))
    return complaints


def main():
    """Print complaints; exit with 1 if there are any."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", type=Path)
    parser.add_argument("--browser", action="store_true")
    parser.add_argument("--pictures", type=Path, metavar="OUT")
    parser.add_argument("--axe", action="store_true", help="accessibility, in the browser")
    parser.add_argument("--only", nargs="*", default=[], metavar="WORD", help="pages to look at")
    given = parser.parse_args()
    site = given.site.resolve()
    complaints = [(str(page), f"broken link: {link}") for page, link in broken_links(site)]
    complaints += wrong_language(site)
    complaints += [(path.relative_to(site).as_posix(), what)
                   for path in sorted(site.rglob("*.html"))
                   if not {"_static", "_modules"} & set(path.parts)
                   for what in Page(path).unreadable()]  # fmt: skip
    pages = [path.relative_to(site).as_posix() for path in sorted(site.rglob("*.html"))
             if not {"_static", "_modules"} & set(path.parts)]  # fmt: skip
    pages = [page for page in pages if not given.only or any(word in page for word in given.only)]
    if given.browser or given.pictures:
        if given.pictures:
            given.pictures.mkdir(parents=True, exist_ok=True)
        complaints += look(site, given.pictures, pages)
        complaints += [] if given.only else search(site)
    if given.axe:
        complaints += stumble(site, pages)
    for where, what in complaints:
        print(f"{where}: {what}")
    print(f"{len(complaints)} complaints")
    sys.exit(bool(complaints))


if __name__ == "__main__":
    main()
