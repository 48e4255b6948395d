"""The schematic figures of the chapter, drawn when Sphinx starts: both themes, both languages.

Each function below draws one figure on a :class:`svg.Drawing`; ``docs/generated/NAME_THEME.svg``
and ``NAME_THEME.ja.svg`` are the files. They may be reused under the licence of the project.
"""

import math
from itertools import pairwise
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive, directives
from languages import texts
from svg import Drawing
from theme_pictures import INK


def column(x, n, middle=150.0, gap=58.0):
    """Return the places of the units of a layer."""
    return [(x, middle + gap * (i - (n - 1) / 2)) for i in range(n)]


def joined(d, *layers, color=None, width=1.2):
    """Draw the weights between neighbouring layers."""
    for below, above in pairwise(layers):
        for a in below:
            for b in above:
                d.link(a, b, color=color or d.muted, width=width)


def plot(d, corner, size, function, span, color=None, height=1.0, zero=0.0):
    """Draw a function with its axes; ``height`` is the value at the upper edge."""
    (x, y), (w, h) = corner, size
    low, high = span
    unit = h / (height - zero)
    base = y + h + zero * unit if zero < 0 else y + h
    d.arrow((x - 6, base), (x + w + 12, base), d.muted, 1.2)
    at_zero = x - low / (high - low) * w
    if low <= 0 <= high:
        d.arrow((at_zero, y + h + 4), (at_zero, y - 14), d.muted, 1.2)
    points = []
    for i in range(161):
        value = low + (high - low) * i / 160
        if function(value) <= height:
            points.append((x + w * i / 160, base - function(value) * unit))
    d.curve(points, color or d.blue, 2.6)


def sigmoid(h):
    """Return the sigmoid function."""
    return 1 / (1 + math.exp(-h))


# ---------------------------------------------------------------- figures


def neuron(d):
    """A nerve cell, and the model of it."""
    d.curve([(110 + 32 * math.cos(t / 20), 130 + 27 * math.sin(t / 20)) for t in range(126)],
            d.green, 2.2, closed=True)  # fmt: skip
    d.circle((110, 130), 9, color=d.green, fill=d.green)
    for y, bend in ((60, 92), (120, 128), (200, 166)):
        d.curve([(20, y), (60, (y + bend) / 2), (84, bend if bend != 128 else 126)], d.green, 2.2)
        d.circle((20, y), 5, color=d.orange, fill=d.orange)
    d.curve([(142, 130), (200, 134), (236, 128)], d.green, 2.2)
    d.arrow((232, 128), (256, 126), d.green, 2.2)
    d.text((30, 232), "synapses", d.orange, anchor="start")
    d.text((118, 190), "cell body", d.green)
    d.text((212, 158), "axon", d.green)
    inputs = [(330, 60), (330, 130), (330, 200)]
    d.circle((450, 130), 34)
    d.text((450, 137), "$Σ", size=24)
    for (x, y), name, weight in zip(
        inputs, ("$x_1", "$x_2", "$x_d"), ("$w_1", "$w_2", "$w_d"), strict=True
    ):
        d.circle((x, y), 17, name)
        d.link((x, y), (450, 130), 17, d.orange)
        d.text((398, {60: 78, 130: 122, 200: 200}[y]), weight, d.orange)
    d.arrow((484, 130), (528, 130))
    d.text((506, 118), "$h", d.ink)
    d.box((556, 130), (52, 46), "$f(h)", d.blue)
    d.arrow((582, 130), (622, 130))
    d.text((606, 118), "$y")
    d.text((110, 30), "a neuron", d.muted)
    d.text((470, 30), "its model", d.muted)


def unit_functions(d):
    """The threshold function, and the sigmoid function with its derivative."""
    plot(d, (40, 50), (210, 120), lambda h: float(h >= 0), (-6, 6), height=1.1)
    d.circle((145, 61), 4.5, color=d.blue, fill=d.blue)
    d.circle((145, 170), 4.5, color=d.blue)
    d.text((145, 26), "threshold function")
    d.text((264, 166), "$h")
    d.text((132, 66), "1", d.muted, 14, "end")
    plot(d, (350, 50), (210, 120), sigmoid, (-6, 6), height=1.1)
    slope = [(350 + 210 * i / 80, 170 - 109 * _slope(-6 + 12 * i / 80)) for i in range(81)]
    d.curve(slope, d.orange, 2.2, dashed=True)
    d.text((455, 26), "sigmoid function")
    d.text((574, 166), "$h")
    d.text((520, 140), "$σ'(h)", d.orange)
    d.text((528, 82), "$σ(h)", d.blue)


def _slope(h):
    return sigmoid(h) * (1 - sigmoid(h))


def layers(d):
    """A feedforward network: input, hidden and output layer."""
    places = [column(90, 3), column(280, 4), column(470, 3)]
    joined(d, *places)
    for names, points in zip((["$x_1", "$x_2", "$x_3"], None, ["$ŷ_1", "$ŷ_2", "$ŷ_3"]), places,
                             strict=True):  # fmt: skip
        color = d.ink if names and names[0] == "$x_1" else d.blue if names is None else d.orange
        for i, at in enumerate(points):
            d.circle(at, 20, names[i] if names else "$f", color)
    for x, name in ((90, "input layer"), (280, "hidden layer"), (470, "output layer")):
        d.text((x, 296), name)
    d.text((185, 40), "$w_ij", d.muted)
    d.text((470, 52), "softmax", d.orange)


def softmax(d):
    """Weighted sums become probabilities that sum to 1."""
    scores, total = (2.0, 1.0, -1.0), sum(map(math.exp, (2.0, 1.0, -1.0)))
    for i, score in enumerate(scores):
        y = 60 + 56 * i
        d.text((60, y + 6), f"$h_{i + 1} = {score:g}".replace("-", "−"))
        d.arrow((120, y), (190, y), d.muted)
        d.text((250, y + 6), f"$e^h{i + 1} = {math.exp(score):.2f}", d.blue)
        d.arrow((320, y), (390, y), d.muted)
        share = math.exp(score) / total
        d.area([(410, y - 15), (410 + 150 * share, y - 15), (410 + 150 * share, y + 15),
                (410, y + 15)], d.orange, 0.8)  # fmt: skip
        d.text((418 + 150 * share, y + 6), f"{share:.2f}", anchor="start")
    d.text((155, 22), "exp", d.muted)
    d.text((355, 22), "divide by the sum", d.muted)


def backpropagation(d):
    """Outputs go forward, errors go back."""
    places = [column(80, 2), column(250, 3), column(420, 2)]
    joined(d, *places)
    for names, points in zip((("$x_1", "$x_2"), ("$g_1", "$g_2", "$g_3"), ("$ŷ_1", "$ŷ_2")),
                             places, strict=True):  # fmt: skip
        for at, name in zip(points, names, strict=True):
            d.circle(at, 20, name)
    d.arrow((80, 44), (430, 44), d.blue, 3)
    d.text((250, 30), "outputs go forward", d.blue)
    d.arrow((500, 268), (80, 268), d.orange, 3)
    d.text((270, 294), "errors go back", d.orange)
    for at, name in zip(places[2], ("$ŷ_1 − y_1", "$ŷ_2 − y_2"), strict=True):
        d.arrow((490, at[1]), (444, at[1]), d.orange, 2.2)
        d.text((496, at[1] + 6), name, d.orange, anchor="start")
    for a in places[2]:
        d.link(a, places[1][1], 22, d.orange, 2.2)
    d.text((250, 250), "$ε_j = Σ_k ε_k w_jk g_j (1 − g_j)", d.orange, 16)


def descent(d):
    """Steps down the error curve, each along the negative slope."""

    def error(w):
        return 0.12 * (w - 1) ** 2 + 0.25 + 0.12 * math.sin(2.2 * w)

    plot(d, (60, 40), (460, 190), error, (-4, 4.4), height=3.2)
    w = -3.6
    for _ in range(6):
        slope = (error(w + 1e-4) - error(w - 1e-4)) / 2e-4
        step = w - 0.85 * slope
        place = [(60 + 460 * (v + 4) / 8.4, 230 - error(v) * 190 / 3.2) for v in (w, step)]
        d.circle(place[0], 5, color=d.orange, fill=d.orange)
        if math.dist(*place) > 20:
            d.arrow(*place, d.orange)
        w = step
    d.text((536, 248), "$w")
    d.text((250, 34), "$E(w)", anchor="end")
    d.text((200, 84), "$w' = w − η dE/dw", d.orange, anchor="start")


def keras_scheme(d):
    """From layers to an evaluated model, in Keras' words and in skfnn's."""
    steps = (("Dense(128, …)", "layers"), ("Sequential", "model"), ("compile", "loss, optimizer"),
             ("fit", "train"), ("evaluate", "measure"))  # fmt: skip
    ours = ("hidden_layers=", "FNNClassifier(…)", "loss=, solver=", "fit", "evaluate")
    for i, ((word, role), name) in enumerate(zip(steps, ours, strict=True)):
        y = 44 + 52 * i
        d.box((140, y), (170, 38), word, d.orange)
        d.box((480, y), (180, 38), name, d.blue)
        d.text((308, y + 6), role, d.muted, 16)
        if i:
            d.arrow((140, y - 33), (140, y - 19), d.orange)
            d.arrow((480, y - 33), (480, y - 19), d.blue)
    d.text((140, 16), "Keras", d.orange)
    d.text((480, 16), "skfnn", d.blue)


def activation_curves(d):
    """Sigmoid, tanh, ReLU."""
    functions = (("sigmoid", sigmoid), ("tanh", math.tanh), ("ReLU", lambda h: max(h, 0.0)))
    for i, (name, function) in enumerate(functions):
        x = 30 + 200 * i
        plot(d, (x, 50), (150, 130), function, (-3, 3), height=1.8, zero=-1.1)
        d.text((x + 75, 24), name)
        d.text((x + 164, 148), "$h")


def loss_curves_by_error(d):
    """Squared, absolute and Huber loss; cross-entropy by the probability of the right class."""
    plot(d, (30, 40), (240, 170), lambda r: r * r / 2, (-2.6, 2.6), d.muted, 3.6)
    for function, color in ((abs, d.orange), (_huber, d.blue)):
        points = [(30 + 240 * i / 80, 210 - function(-2.6 + 5.2 * i / 80) * 170 / 3.6)
                  for i in range(81)]  # fmt: skip
        d.curve(points, color, 2.4)
    d.text((272, 232), "$ŷ − y", anchor="end")
    for y, name, color in ((252, "squared", d.muted), (252, "absolute", d.orange),
                           (252, "Huber", d.blue)):  # fmt: skip
        d.text(({"squared": 50, "absolute": 140, "Huber": 226}[name], y + 10), name, color, 16)
    plot(d, (350, 40), (200, 170), lambda p: -math.log(max(p, 0.02)), (0, 1), height=3.6)
    d.text((560, 232), "$p", anchor="end")
    d.text((400, 64), "$−log p", d.blue, anchor="start")
    d.text((450, 262), "probability of the right class", size=16)


def _huber(r):
    return r * r / 2 if abs(r) <= 1 else abs(r) - 0.5


def momentum(d):
    """Descent in a narrow valley, without and with momentum."""
    for k, (mu, name) in enumerate(((0.0, "without momentum"), (0.8, "with momentum"))):
        cx, cy = 150 + 300 * k, 150
        for r in (0.35, 0.75, 1.25, 1.8):
            d.curve([(cx + 72 * r * math.cos(t / 10), cy + 26 * r * math.sin(t / 10) * 2)
                     for t in range(63)], d.muted, 1, closed=True)  # fmt: skip
        x, y, vx, vy = -1.7, 1.5, 0.0, 0.0
        points = [(x, y)]
        for _ in range(14):
            vx, vy = mu * vx - 0.09 * x, mu * vy - (1.72 if mu == 0 else 0.55) * y
            x, y = x + vx, y + vy
            points.append((x, y))
        path = [(cx + 72 * a, cy + 52 * b) for a, b in points]
        color = d.orange if k == 0 else d.blue
        d.curve(path, color, 2)
        for at in path:
            d.circle(at, 3, color=color, fill=color)
        d.text((cx, 28), name, color)


def pretraining(d):
    """Layer-wise pretraining: (a) the weights, (b) the autoencoder, (c) one layer up."""
    for x, sizes, chosen in ((40, (3, 3, 2, 1), 0), (250, (3, 3, 3), 0), (420, (3, 2, 3), 0)):
        places = [column(x + 52 * i, n, 140, 48) for i, n in enumerate(sizes)]
        for i in range(len(places) - 1):
            strong = i == chosen or (x > 200)
            joined(d, *places[i : i + 2], color=d.orange if strong else d.muted,
                   width=1.8 if strong else 1)  # fmt: skip
        for i, points in enumerate(places):
            mirror = x > 200 and i == 2
            for at in points:
                d.circle(at, 12, color=d.blue if 0 < i < len(places) - 1 else d.ink,
                         fill=d.sky if mirror else None)  # fmt: skip
    for x, name, text in ((118, "(a)", "which weights"), (302, "(b)", "autoencoder"),
                          (472, "(c)", "one layer up")):  # fmt: skip
        d.text((x, 40), name)
        d.text((x, 250), text, size=16)
    d.text((250, 222), "$x", size=15)
    d.text((354, 222), "$x̂", size=15)
    d.text((420, 222), "$g", size=15)
    d.text((524, 222), "$ĝ", size=15)


def dropout(d):
    """Units are left out at random in training; at prediction all take part."""
    for x, dropped, name in ((50, {(1, 1), (1, 3), (2, 0), (0, 1)}, "a step of training"),
                             (350, set(), "prediction")):  # fmt: skip
        places = [column(x + 85 * i, n, 150, 50) for i, n in enumerate((3, 4, 3))]
        for i in range(2):
            for a, start in enumerate(places[i]):
                for b, end in enumerate(places[i + 1]):
                    if not {(i, a), (i + 1, b)} & dropped:
                        d.link(start, end, 15, d.muted, 1.2)
        for i, points in enumerate(places):
            for j, (cx, cy) in enumerate(points):
                out = (i, j) in dropped
                d.circle((cx, cy), 15, color=d.muted if out else d.blue)
                if out:
                    d.curve([(cx - 10, cy - 10), (cx + 10, cy + 10)], d.red, 2.2)
                    d.curve([(cx - 10, cy + 10), (cx + 10, cy - 10)], d.red, 2.2)
        d.text((x + 85, 24), name)


def batch_norm(d):
    """Inputs on one side of 0 pass ReLU in a line; normalised ones meet its bend."""
    rows = (-1.4, -0.9, -0.5, -0.2, 0.1, 0.4, 0.8, 1.5)
    for x, shift, scale, name in ((40, 3.2, 0.7, "as they come"), (350, 0.0, 1.0, "normalised")):
        plot(d, (x, 60), (210, 130), lambda h: max(h, 0.0), (-3, 4.6), d.muted, 4.6)
        for row in rows:
            h = shift + scale * row
            px = x + 210 * (h + 3) / 7.6
            d.circle((px, 190), 4, color=d.orange, fill=d.orange)
            d.circle((px, 190 - max(h, 0) * 130 / 4.6), 4, color=d.blue, fill=d.blue)
        d.text((x + 105, 28), name)
        d.text((x + 226, 186), "$h")
    d.arrow((282, 130), (330, 130), d.ink, 2.4)
    d.text((306, 116), "$x'", size=18)


def batch_norm_place(d):
    """Batch normalisation (a) as a layer before the activation, (b) as a function within."""
    for y, names, word in (
        (60, ("$W g + b", "BatchNorm", "$f(h)"), "(a)"),
        (150, ("$g", "$f( BN(W g) )", "$g'"), "(b)"),
    ):
        d.text((36, y + 6), word)
        for i, name in enumerate(names):
            x = 150 + 180 * i
            chosen = "B" in name
            d.box((x, y), (130, 46), name, d.orange if chosen else d.blue)
            if i:
                d.arrow((x - 115, y), (x - 66, y))


def skip(d):
    """A block whose input goes round it and is added to its output."""
    d.arrow((30, 150), (108, 150), width=2.2)
    d.text((66, 138), "$h", size=20)
    d.box((210, 150), (140, 50), "$W h + b", d.blue)
    d.arrow((280, 150), (318, 150))
    d.box((362, 150), (86, 50), "$f", d.blue)
    d.arrow((405, 150), (462, 150))
    d.circle((482, 150), 19, "+")
    d.arrow((502, 150), (566, 150), width=2.2)
    d.text((536, 138), "$h'", size=20)
    d.curve([(84, 150), (84, 60), (482, 60)], d.orange, 2.6)
    d.arrow((482, 60), (482, 130), d.orange, 2.6)
    d.text((283, 48), "the input goes round", d.orange)
    d.text((283, 214), "learns only the difference", d.blue)
    d.text((283, 240), "$f = h' − h", d.blue)


def depth(d):
    """Functions that deep networks need fewer units for: a jump, and strips of several widths."""
    plot(d, (40, 60), (200, 120), lambda x: 0.25 + 0.15 * math.sin(3 * x) + 0.45 * (x > 0.3),
         (-2, 2), height=1.1)  # fmt: skip
    d.text((140, 28), "a function with a jump")
    edges = (0, 62, 74, 100, 104, 118, 170, 178, 200)
    for i, (a, b) in enumerate(pairwise(edges)):
        color = d.blue if i % 2 else d.orange
        d.area([(350 + a, 60), (350 + b, 60), (350 + b, 190), (350 + a, 190)], color, 0.6)
    d.text((450, 28), "strips of several widths")


def lottery(d):
    """A large network holds many small ones; one of them has the winning ticket."""
    places = [column(90, 3, 150, 62), column(280, 5, 150, 52), column(470, 2, 150, 80)]
    joined(d, *places, width=0.9)
    ticket = [[places[0][0], places[0][2]], [places[1][1], places[1][3]], places[2]]
    joined(d, *ticket, color=d.orange, width=2.8)
    for points, chosen in zip(places, ticket, strict=True):
        for at in points:
            d.circle(at, 17, color=d.orange if at in chosen else d.muted)
    d.text((280, 300), "the winning ticket", d.orange)


def double_descent(d):
    """Test error by the number of parameters: falls, rises to a peak, falls again."""

    def error(p):
        return 0.45 + 0.9 * math.exp(-p * 1.4) + 1.6 * math.exp(-(((p - 3) / 0.55) ** 2)) - 0.05 * p

    plot(d, (60, 40), (470, 170), error, (0, 8), d.orange, 2.3)
    points = [(60 + 470 * i / 80, 210 - 74 * max(1.2 * (1 - i / 30), 0.0)) for i in range(81)]
    d.curve(points, d.blue, 2.2)
    peak = 60 + 470 * 3 / 8
    d.curve([(peak, 40), (peak, 210)], d.muted, 1.2, dashed=True)
    d.text((peak, 236), "as many parameters as rows", d.muted, 16)
    d.text((430, 130), "test error", d.orange)
    d.text((110, 196), "training error", d.blue, 15, "start")
    d.text((540, 236), "parameters", size=15)


FIGURES = {
    neuron: (640, 250), unit_functions: (600, 200), layers: (560, 310), softmax: (600, 210),
    backpropagation: (630, 310), descent: (560, 260), keras_scheme: (600, 280),
    activation_curves: (620, 200), loss_curves_by_error: (600, 280), momentum: (600, 270),
    pretraining: (560, 270), dropout: (600, 270), batch_norm: (600, 220),
    batch_norm_place: (600, 190), skip: (600, 260), depth: (600, 210), lottery: (560, 320),
    double_descent: (600, 250),
}  # fmt: skip


def draw(figure, theme, language="en"):
    """Return a figure as a drawing."""
    labels = texts("figures") if language == "ja" else {}
    drawing = Drawing(FIGURES[figure], theme, lambda label: labels.get(label, label))
    figure(drawing)
    return drawing


def write(folder: Path):
    """Write all files of all figures."""
    folder.mkdir(parents=True, exist_ok=True)
    for figure in FIGURES:
        for theme in INK:
            for language, end in (("en", ""), ("ja", ".ja")):
                path = folder / f"{figure.__name__}_{theme}{end}.svg"
                path.write_text(draw(figure, theme, language).svg(), encoding="utf8")


class Schematic(Directive):
    """A figure in the ink of the reader's theme; ``:alt:`` says what it shows."""

    required_arguments = 1
    option_spec = {  # noqa: RUF012
        "alt": directives.unchanged,
        "format": directives.unchanged,
    }

    def run(self):
        """Return one picture for each theme."""
        end = self.options.get("format", "svg")
        return [
            nodes.image(uri=f"/generated/{self.arguments[0]}_{theme}.{end}",
                        alt=self.options.get("alt", ""), classes=[f"only-{theme}", "schematic"])
            for theme in INK
        ]  # fmt: skip


def setup(app):
    """Register with Sphinx, before it lists the images."""
    app.add_directive("schematic", Schematic)
    app.connect("config-inited", lambda app, config: write(Path(app.srcdir) / "generated"))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
