"""A small pencil for schematic figures: circles, boxes, arrows, curves and labels, as SVG.

A label that begins with ``$`` is a formula: set in italics, ``_`` and ``^`` lower and raise what
follows (``$w_ij``, ``$e^-h``). Other labels are words, which are translated.
"""

import re
from collections.abc import Callable, Iterable
from html import escape

from theme_pictures import COLORS, INK

Point = tuple[float, float]
GROUND = {"light": "#ffffff", "dark": "#14181e"}
# The colours of lines are too pale for letters on white.
LETTERS = {"#E69F00": "#8F5F00", "#009E73": "#00704F", "#CC79A7": "#9C3F74", "#D55E00": "#B04C00",
           "#56B4E9": "#1B6FA8"}  # fmt: skip
FONT = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans CJK JP', 'Hiragino Sans', sans-serif"
SERIF = "Cambria Math, 'STIX Two Math', 'Latin Modern Math', 'DejaVu Serif', Georgia, serif"


class Drawing:
    """A figure of a theme, in pixels; y grows downwards.

    Attributes
    ----------
    ink, muted, ground, blue, orange, green, pink, red, sky : str
        The theme's colours.
    labels : list of str
        The words that have been set, as translated.
    """

    def __init__(self, size: Point, theme: str = "light", translate: Callable = str) -> None:
        self.width, self.height = size
        self.ink, self.ground = INK[theme], GROUND[theme]
        self.muted = "#6b7280" if theme == "light" else "#9aa5b1"
        self.blue, self.orange, self.green, self.pink, self.red, self.sky = COLORS[theme]
        self.letters = LETTERS if theme == "light" else {}
        self.translate = translate
        self.labels: list[str] = []
        self.parts: list[str] = []

    def circle(self, at: Point, r=19, label="", color=None, fill=None):
        """Draw a unit."""
        color = color or self.ink
        self.parts.append(
            f'<circle cx="{at[0]:g}" cy="{at[1]:g}" r="{r:g}" stroke="{color}" stroke-width="1.8" '
            f'fill="{fill or self.ground}"/>'
        )
        if label:
            self.text((at[0], at[1] + 6), label, color=self.ink)

    def box(self, at: Point, size: Point, label="", color=None, dashed=False):
        """Draw a box around a point."""
        (x, y), (w, h) = at, size
        dash = ' stroke-dasharray="6 4"' if dashed else ""
        self.parts.append(
            f'<rect x="{x - w / 2:g}" y="{y - h / 2:g}" width="{w:g}" height="{h:g}" rx="7" '
            f'stroke="{color or self.ink}" stroke-width="1.8" fill="none"{dash}/>'
        )
        lines = self.translate(label).split("\n") if label else []
        for i, line in enumerate(lines):
            self.text((x, y + 6 + 21 * (i - (len(lines) - 1) / 2)), line, color=self.ink)

    def curve(self, points: Iterable[Point], color=None, width=2.0, dashed=False, closed=False):
        """Draw a line through points."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        self.parts.append(
            f'<poly{"gon" if closed else "line"} points="{path}" fill="none" '
            f'stroke="{color or self.ink}" stroke-width="{width:g}" stroke-linejoin="round"{dash}/>'
        )

    def area(self, points: Iterable[Point], color, opacity=0.2):
        """Fill what points enclose."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(f'<polygon points="{path}" fill="{color}" opacity="{opacity:g}"/>')

    def arrow(self, a: Point, b: Point, color=None, width=1.8, dashed=False):
        """Draw an arrow from one point to another."""
        color = color or self.ink
        (x1, y1), (x2, y2) = a, b
        length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
        u, v = (x2 - x1) / length, (y2 - y1) / length
        head = 5 + 2 * width
        foot = (x2 - u * head, y2 - v * head)
        self.curve([a, foot], color, width, dashed)
        side = 0.45 * head
        corners = [
            b,
            (foot[0] - v * side, foot[1] + u * side),
            (foot[0] + v * side, foot[1] - u * side),
        ]
        self.area(corners, color, 1)

    def link(self, a: Point, b: Point, r=19, color=None, width=1.8, dashed=False):
        """Draw an arrow between the rims of two units."""
        (x1, y1), (x2, y2) = a, b
        length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
        u, v = (x2 - x1) / length * r, (y2 - y1) / length * r
        self.arrow((x1 + u, y1 + v), (x2 - u, y2 - v), color, width, dashed)

    def text(self, at: Point, label, color=None, size=17, anchor="middle"):
        """Set a label."""
        formula = label.startswith("$")
        if not formula:
            label = self.translate(label)
            self.labels.append(label)
        color = self.letters.get(color, color or self.ink)
        body = _raised(label[1:]) if formula else escape(label)
        style = f'font-family="{SERIF}" font-style="italic"' if formula else f'font-family="{FONT}"'
        self.parts.append(
            f'<text x="{at[0]:g}" y="{at[1]:g}" {style} font-size="{size:g}" '
            f'text-anchor="{anchor}" fill="{color}">{body}</text>'
        )

    def svg(self):
        """Return the file."""
        size = f'viewBox="0 0 {self.width:g} {self.height:g}"'
        size += f' width="{self.width:g}" height="{self.height:g}"'
        body = "\n".join(self.parts)
        return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n{body}\n</svg>\n'


def _raised(formula):
    """Return a formula with its sub- and superscripts."""
    out, down = [], 0.0
    for mark, word, plain in re.findall(r"([_^])([\w'−-]+)|([^_^]+|[_^])", formula):
        level = {"_": 5.0, "^": -6.0}.get(mark, 0.0)
        size = ' font-size="72%"' if mark else ""
        out.append(f'<tspan dy="{level - down:g}"{size}>{escape(word or plain)}</tspan>')
        down = level
    return "".join(out)
