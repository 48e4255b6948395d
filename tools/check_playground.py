"""Test the playground of the built site in headless Chromium, as it is served.

    python tools/check_playground.py docs/_build/html [--install] [--pictures OUT]

In every language of the site, at 1,280 and 390 pixels: each control, training, the link, drawing by
hand, keys. The code that the page copies is run here: its network has to give the page's picture,
and the numbers of a unit have to be those that NumPy computes from its weights.

The browser is Chromium (``CHROMIUM=/usr/bin/chromium``, or that of ``playwright install
chromium``), driven by ``pip install playwright``. ``--install`` installs it by apt-get where it is
not there, which takes root. Without a browser this check fails.
"""

import argparse
import contextlib
import re
import time
from pathlib import Path

import numpy as np
from check_site import FLAGS, serve
from playground_page import SPIRAL, Page, browser_path, run, take_pictures

WIDTHS = (1280, 390)
MOST_BYTES = 300_000
TOLERANCE = 1e-6


# ---------------------------------------------------------------- each control


def check_controls(page):
    """Each choice of each control is in the code, trains, and draws without a complaint."""
    page.open()
    in_code = {
        "activation": '{name}="{value}"', "loss": '{name}="{value}"',
        "batch_size": "{name}={value},", "learning_rate": "{name}_init={value},",
        "alpha": "{name}={value},",
        "dropout": "{name}={value},", "batch_norm": '{name}="{value}"',
        "skip_connections": "{name}=True", "rows": "X[:{value}]", "noise": "X + {value} *",
        "momentum": "{name}={value},", "weight_decay": "{name}={value})",
    }  # fmt: skip
    for name, text in in_code.items():
        if name in ("momentum", "weight_decay"):
            page.choose("solver", "sgd" if name == "momentum" else "adamw")
        control = page.view.locator(f"#skfnn-playground select[name={name}]")
        start = control.input_value()
        for value in control.locator("option").evaluate_all("all => all.map(o => o.value)"):
            page.choose(name, value)
            assert page.problem == "", (name, value, page.problem)
            page.click("epochStep")
            assert page.epoch == 1, (name, value)
            wanted = text.format(name=name, value=value)
            off = value in ("", "false") or (name in ("dropout", "noise") and value == "0")
            assert (wanted in page.code) != off, (name, value, page.code)
        page.choose(name, start)
    for value in ("sgd", "rmsprop", "adagrad", "nadam", "lbfgs", "adamw", "adam"):
        page.choose("solver", value)
        wanted = "solver=AdamW(" if value == "adamw" else f'solver="{value}"'
        assert wanted in page.code, value
        assert page.do("page.inputs.momentum.disabled") == (value != "sgd")
        assert page.do("page.inputs.learning_rate.disabled") == (value == "lbfgs")
        page.click("epochStep")
        assert page.epoch == 1
    check_shape(page)
    check_data(page)


def check_shape(page):
    """Layers and units come and go by their buttons."""
    page.open()
    units = page.count("button.pg-unit")
    page.view.locator(".pg-layers button").last.click()
    assert page.count("button.pg-unit") == units + 3
    page.view.locator(".pg-layers button").first.click()
    page.view.locator('[data-key="size 1 1"]').click()
    assert page.count("button.pg-unit") == units + 1
    assert page.do("document.activeElement.dataset.key") == "size 1 1", "the focus is lost"
    page.view.locator('[data-key="size 2 -1"]').click()
    assert page.count(".pg-edges line") == 2 * 5 + 5 * 2 + 2
    assert "hidden_layer_sizes=(5, 2)" in page.code
    for _ in range(2):
        page.view.locator(".pg-layers button").first.click()
    assert page.count("button.pg-unit") == 1
    assert page.do("page.inputs.dropout.disabled")


def check_data(page):
    """Each data set draws other rows; numbers have losses and data of their own."""
    page.open()
    for task, losses in (("classification", "hinge"), ("regression", "huber")):
        page.choose("task", task)
        sets = page.view.locator(".pg-set")
        seen = []
        for i in range(sets.count() - 1):
            sets.nth(i).click()
            assert sets.nth(i).get_attribute("aria-pressed") == "true"
            seen.append(str(page.do("page.training.train.X.slice(0, 3)"))
                        + str(page.do("page.training.train.y.slice(0, 9)")))  # fmt: skip
        assert len(set(seen)) == sets.count() - 1
        page.choose("loss", losses)
        page.click("epochStep")
        assert ("FNNRegressor" in page.code) == (task == "regression")


# ---------------------------------------------------------------- training


def check_training(page):
    """Play, pause, one epoch, again, other weights; a link holds all of it."""
    page.open()
    page.click("play")
    page.view.wait_for_function(
        "() => document.getElementById('skfnn-playground').dataset.epoch >= 5"
    )
    page.click("play")
    stopped = page.epoch
    page.view.wait_for_timeout(120)
    assert page.epoch == stopped
    page.click("epochStep")
    assert page.epoch == stopped + 1
    assert page.do("page.curves.train.getAttribute('d').length") > 20
    link, numbers = page.view.url, page.do("page.numbers()")
    page.open(link.partition("#")[2])
    assert page.do("page.numbers()") == numbers, "the link gives another network"
    page.click("restart")
    assert page.epoch == 0
    weights, rows = "[...page.training.parameters()[0].values]", "page.training.train.X"
    before = page.do(weights), page.do(rows)
    page.click("newWeights")
    assert page.do(weights) != before[0]
    assert page.do(rows) == before[1]
    assert "random_state=1" in page.code
    for name in ("slow", "fast"):
        page.choose("speed", name)
        page.click("play")
        page.view.wait_for_timeout(450)
        page.click("play")
        assert page.epoch >= 1
        page.click("restart")
    page.open("learning_rate=3&solver=sgd&momentum=0.99&task=regression&data=hills&units=8-8"
              "&activation=relu")  # fmt: skip
    for _ in range(30):
        page.click("epochStep")
        assert bool(page.problem) != page.do("page.training.finite")
    page.open("data=nowhere&units=0-99-x&solver=magic&seed=-1&done=x-r9999&points=1.2&follow=9-9-9")
    assert page.problem == ""


PICTURES = [
    f"{SPIRAL}&done=150",
    "data=moons&units=5-5&activation=relu&solver=sgd&batch_norm=before&dropout=0.1&done=20",
    "units=4-4-3&skip_connections=true&solver=adamw&weight_decay=0.1&alpha=0.1&done=15-r3-r7-5",
    "data=moons&units=6-3&solver=lbfgs&alpha=0.1&done=25",
    "task=regression&data=waves&loss=huber&units=8-6&activation=gelu&solver=nadam&done=25",
]


def check_pictures(page):
    """The copied code gives the page's picture; the spiral is learned."""
    for link in PICTURES:
        page.open(link)
        page.click("copy")
        copied = page.view.evaluate("() => navigator.clipboard.readText()")
        assert copied == page.code
        names = run(copied)
        model, side = names["model"], page.do("page.side")
        places = np.array(page.do(f"skfnnPlayground.places({side})"))
        raw = getattr(model, "decision_function", model.predict)(places)
        shown = np.array(page.do("[...page.scores]"))
        np.testing.assert_allclose(shown, raw, atol=TOLERANCE, err_msg=link)
        scores = page.do("[page.training.trained.score, page.training.tested.score]")
        expected = [model.score(names[f"X_{p}"], names[f"y_{p}"]) for p in ("train", "test")]
        np.testing.assert_allclose(scores, expected, atol=TOLERANCE)
        if link.startswith(SPIRAL):
            assert min(scores) > 0.95, f"the spiral: {scores}"
            print(f"  the spiral: accuracy {scores[0]:.3f}, test {scores[1]:.3f}")
    page.click("link")
    assert page.view.evaluate("() => navigator.clipboard.readText()") == page.view.url


# ---------------------------------------------------------------- a unit


def followed(page):
    """Return the numbers of the unit that is followed, as they are shown."""
    rows = page.view.locator(".pg-table tfoot tr").evaluate_all(
        "all => all.map(row => [row.dataset.name, Number(row.dataset.value)])"
    )
    return dict(rows)


SLOPES = {
    "tanh": lambda h, g: 1 - g**2,
    "logistic": lambda h, g: g * (1 - g),
    "relu": lambda h, g: (h > 0).astype(float),
}
ANSWERS = {
    "tanh": np.tanh,
    "logistic": lambda h: 1 / (1 + np.exp(-h)),
    "relu": lambda h: np.maximum(h, 0),
}


def by_hand(model, x, y):
    """Return (sums, answers, errors) of each layer for one row, by the chapter's formulas."""
    f, slope = ANSWERS[model.activation], SLOPES[model.activation]
    sums, answers = [], [x]
    for W, b in zip(model.coefs_, model.intercepts_, strict=True):
        sums.append(answers[-1] @ W + b)
        answers.append(f(sums[-1]))
    answers[-1] = sums[-1]
    p = 1 / (1 + np.exp(-sums[-1]))
    error = {"log_loss": p - y, "squared_error": (p - y) * p * (1 - p)}[model.loss]
    errors = [error]
    for W, h, g in zip(model.coefs_[:0:-1], sums[-2::-1], answers[-2:0:-1], strict=True):
        errors.insert(0, (W @ errors[0]) * slope(h, g))
    return sums, answers[1:], errors


def check_unit(page):
    """A unit's numbers are NumPy's, forward and backward, for several units and rows."""
    for link in ("units=4-3&done=9", "units=3-3-2&activation=logistic&loss=squared_error&done=7",
                 "units=5&activation=relu&batch_size=1&done=3"):  # fmt: skip
        page.open(link)
        names = run(page.code)
        model, X, y = names["model"], names["X_train"], names["y_train"]
        last = len(model.coefs_)
        for layer, unit, row in ((1, 1, 0), (1, 0, 5), (last, 0, 5)):
            page.view.locator(f'[data-key="unit {layer} {unit}"]').click()
            page.do(f"page.chooseRow({row})")
            sums, answers, errors = by_hand(model, X[row], y[row])
            got = followed(page)
            assert abs(got["sum"] - sums[layer - 1][unit]) < TOLERANCE
            assert abs(got["error"] - errors[layer - 1][unit]) < TOLERANCE
            if layer < last:
                assert abs(got["answer"] - answers[layer - 1][unit]) < TOLERANCE
            expected = model.loss_gradient(X[[row]], y[[row]])
            shown = page.do(
                f"[...page.follower.trace.backward({layer - 1}, {unit}).gradients,"
                f" page.follower.trace.backward({layer - 1}, {unit}).bias]"
            )
            gradient = [*expected.coefs[layer - 1][:, unit], expected.intercepts[layer - 1][unit]]
            np.testing.assert_allclose(shown, gradient, atol=TOLERANCE)
    check_listing(page)
    check_formulas(page)
    check_parts(page)


def check_listing(page):
    """The lines that compute the unit are lit; hovering shows what it responds to."""
    page.open("done=3")
    before = page.do("page.picture.caption.textContent")
    unit = page.view.locator('[data-key="unit 1 1"]')
    unit.hover()
    assert page.do("page.picture.caption.textContent") != before
    unit.click()
    lit = page.view.locator(".pg-listing .pg-forward").all_text_contents()
    assert [line.strip() for line in lit] == [
        "Y0 = dot(X, W0)", "Y0 = add(Y0, b0)", "Y0 = tanh(Y0)"
    ]  # fmt: skip
    lit = page.view.locator(".pg-listing .pg-backward").all_text_contents()
    assert any("dW0 = dot(X.T" in line for line in lit)
    assert page.count("button.pg-unit[aria-pressed=true]") == 1
    assert page.count(".pg-edges .pg-into") == 2
    assert page.count(".pg-follow math") == 5
    row = page.do("page.row")
    page.view.locator("[data-key=next]").click()
    assert page.do("page.row") == row + 1
    shown = followed(page)
    page.open(page.view.url.partition("#")[2])
    assert followed(page) == shown, "the link follows another unit or row"
    page.view.locator("[data-key=close]").click()
    assert page.count("button.pg-unit[aria-pressed=true]") == 0


def check_formulas(page):
    """Each activation and each loss has its formulas."""
    names = page.do("Object.keys(skfnnPlayground.FORMULAS)")
    activations, losses = page.do(
        "[skfnnPlayground.CHOICES.activation, Object.keys(skfnnPlayground.LOSSES)]"
    )
    assert {f"{name} {part}" for name in activations for part in ("f", "slope")} <= set(names)
    assert {f"{name} error" for name in losses} <= set(names)


def check_parts(page):
    """With every kind of layer the numbers are those of the fitted estimator."""
    page.open("units=4-4&skip_connections=true&batch_norm=before&dropout=0.2&activation=silu"
              "&done=4")  # fmt: skip
    model, X = (names := run(page.code))["model"], names["X_train"]
    page.view.locator('[data-key="unit 2 3"]').click()
    page.do("page.chooseRow(8)")
    expected = model.hidden_activations(X[[8]])[1][0, 3]
    assert abs(followed(page)["skipped"] - expected) < TOLERANCE


def check_steps(page):
    """One row can be stepped through line by line; the step can be taken, and is in the code."""
    page.open("done=5&batch_size=1")
    page.view.locator('[data-key="unit 1 0"]').click()
    for _ in range(3):
        page.view.locator("[data-key=next]").click()
    page.view.locator("[data-key=byHand]").click()
    total = page.do("page.follower.trace.calls.length")
    assert page.count(".pg-listing .pg-now") == 1
    assert page.do("page.graph.nodes[1][0].classList.contains('pg-runs')")
    for i in range(1, 6):
        page.view.locator("[data-key=lineOn]").click()
        assert page.do("page.follower.line") == i
    page.view.locator("[data-key=lineBack]").click()
    assert page.do("page.follower.line") == 4
    words = page.view.locator(".pg-line").text_content()
    assert re.search(r"= \[", words), words
    assert "undefined" not in words
    says = page.do("page.follower.trace.calls.map((_, i) => (page.follower.line = i,"
                   " page.follower.render(), page.follower.body.textContent))")  # fmt: skip
    assert len(says) == total
    assert not any("undefined" in text for text in says)
    page.view.locator("[data-key=lastLine]").click()
    before = page.do("[...page.training.parameters()[0].values]")
    page.view.locator("[data-key=take]").click()
    after = np.array(page.do("[...page.training.parameters()[0].values]"))
    assert np.abs(after - before).max() > 0
    assert "X_train[[3]]" in page.code
    np.testing.assert_allclose(run(page.code)["model"].coefs_[0].ravel(), after, atol=TOLERANCE)


# ---------------------------------------------------------------- drawing, keys, words


def check_drawing(page):
    """Points are drawn by pointer and by keys, erased, removed, trained on, and in the link."""
    page.open("data=drawn")
    assert page.problem
    page.click("play")
    assert page.epoch == 0
    canvas = page.view.locator(".pg-rows")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()

    def at(x, y):
        page.view.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])

    at(0.2, 0.2)
    at(0.3, 0.25)
    page.view.locator("input[name=brush][value=class0]").check()
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    at(0.8, 0.7)
    assert page.problem == ""
    canvas.focus()
    for key in ("ArrowRight", "ArrowUp", "Enter"):
        page.view.keyboard.press(key)
    points = page.do("page.config.points")
    assert [point[2] for point in points] == [1, 1, 0, 0], points
    assert abs(points[0][0] + 60) <= 2
    assert abs(points[0][1] - 60) <= 2
    assert points[3][:2] == [10, 10]
    for _ in range(3):
        page.click("epochStep")
    numbers, link = page.do("page.numbers()"), page.view.url.partition("#")[2]
    assert run(page.code)["X_train"].shape == (4, 2)
    page.open(link)
    assert page.do("page.numbers()") == numbers
    page.view.locator("input[name=brush][value=erase]").check()
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    at(0.2, 0.2)
    assert len(page.do("page.config.points")) == 3
    page.click("clear")
    assert page.do("page.config.points") == []
    page.open("task=regression&data=drawn&points=10.20.50_-40.30.-80&done=3")
    assert page.epoch == 3
    assert run(page.code)["y_train"].tolist() == [0.5, -0.8]


def check_keys(page):
    """Units are reached and followed by keys alone; everything has a name that is read out."""
    page.open()
    page.view.locator('[data-key="unit 1 0"]').focus()
    page.view.keyboard.press("Enter")
    assert page.do("page.follower.unit.layer") == 1
    page.view.keyboard.press("Tab")
    assert page.do("document.activeElement.dataset.key") == "unit 1 1"
    nameless = page.do(
        "[...page.root.querySelectorAll('button, select, input, [role=img], [role=application]')]"
        ".filter(e => !(e.textContent.trim() || e.getAttribute('aria-label') || e.labels?.length))"
        ".map(e => e.outerHTML)"
    )
    assert not nameless, nameless
    lessons = page.view.locator(".pg-lessons button")
    for i in range(lessons.count()):
        lessons.nth(i).click()
        page.click("epochStep")
        assert page.epoch == 1
        assert page.problem == ""


def check_motion_and_theme(page):
    """Nothing moves where the reader wants none; the dark theme has colours of its own."""
    page.open("done=2")
    moves = "getComputedStyle(page.root.querySelector('button.pg-unit')).transitionDuration"
    assert page.do(moves) == "0s"
    page.view.emulate_media(reduced_motion="no-preference")
    assert page.do(moves) != "0s"
    page.view.emulate_media(reduced_motion="reduce")
    pixel = "[...page.picture.surface.getContext('2d').getImageData(20, 20, 1, 1).data]"
    page.view.evaluate("() => { document.documentElement.dataset.theme = 'light'; }")
    light = page.do(f"(page.draw(), {pixel})")
    page.view.evaluate("() => { document.documentElement.dataset.theme = 'dark'; }")
    assert page.do(f"(page.draw(), {pixel})") != light


def frames_a_second(page):
    """Return how often the page draws while it trains."""
    page.open("units=8-8")
    page.do("(page.shots = 0, page.plain = page.picture.drawSurface.bind(page.picture),"
            " page.picture.drawSurface = () => { page.shots += 1; page.plain(); }, 0)")  # fmt: skip
    page.click("play")
    page.view.wait_for_timeout(300)
    before, began = page.do("page.shots"), time.perf_counter()
    page.view.wait_for_timeout(1000)
    shots, spent = page.do("page.shots") - before, time.perf_counter() - began
    page.click("play")
    return shots / spent


# ---------------------------------------------------------------- all of it


def check(browser, address, language, width, pictures):
    """Test the page in one language at one width."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        permissions=["clipboard-read", "clipboard-write"],
        reduced_motion="reduce",
    )
    view = context.new_page()
    view.set_default_timeout(60_000)
    errors, loaded, elsewhere = [], {}, []
    view.on("pageerror", lambda error: errors.append(str(error)))

    def note(response):
        if not response.url.startswith((address, "about:", "data:")):
            elsewhere.append(response.url)
        elif "/playground/" in response.url or "/playground.html" in response.url:
            with contextlib.suppress(Exception):
                loaded[response.url.partition("?")[0]] = len(response.body())

    view.on("response", note)
    page = Page(view, f"{address}/{language}playground.html")
    checks = [check_controls, check_training, check_unit, check_steps, check_drawing, check_keys,
              check_motion_and_theme]  # fmt: skip
    if (language, width) == ("", WIDTHS[0]):
        checks.append(check_pictures)
    for one in checks:
        one(page)
        wide = page.do("document.body.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 1, f"the page is {wide} pixels too wide after {one.__name__}"
        assert not errors, (one.__name__, errors)
    size = sum(loaded.values())
    assert 50_000 < size <= MOST_BYTES, f"the page loads {size} bytes: {loaded}"
    assert not elsewhere, f"the page loads from elsewhere: {elsewhere}"
    rate = frames_a_second(page)
    if pictures:
        take_pictures(page, pictures, f"{language.strip('/') or 'en'}_{width}")
    context.close()
    print(f"playground in {language or 'en/'} at {width} pixels: passed; {size:,} bytes, "
          f"{rate:.0f} frames a second")  # fmt: skip


def main():
    """Test the page in every language that the site has, on a desk and on a phone."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", type=Path)
    parser.add_argument("--install", action="store_true", help="install Chromium where it lacks")
    parser.add_argument("--pictures", type=Path, metavar="OUT")
    given = parser.parse_args()
    executable = browser_path(given.install)
    from playwright.sync_api import sync_playwright

    server, address = serve(given.site.resolve())
    languages = [""] + ["ja/"] * (given.site / "ja" / "playground.html").exists()
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=executable, args=FLAGS)
        for language in languages:
            for width in WIDTHS:
                check(browser, address, language, width, given.pictures)
        browser.close()
    server.shutdown()


if __name__ == "__main__":
    main()
