"""Text: strings of words, lists of labels in a string, and identifiers, which say nothing."""

from __future__ import annotations

import re

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from ._columns import Column, Dropped
from ._problems import IDENTIFIER
from ._values import MISSING, is_missing

# The number of values from which text is told from categories.
ENOUGH = 50
# Columns that replace a column of text.
N_COMPONENTS = 20
# Standard deviation of each of them: beside numbers they count little, for there are many.
SPREAD = 0.3
# N-grams that count, the most frequent.
N_GRAMS = 10_000
# Text is a column whose share of distinct strings, and whose words a string, are at least these.
TEXT_SHARE = 0.1
TEXT_WORDS = 1.5
# Longer strings are read by words, shorter ones by characters.
LONG_TEXT = 15
# Labels that get a column each; more are reduced like text.
N_LABELS = 30
# LOOKED_AT different strings, evenly chosen, tell what a column is, and LEARNED are learned.
LOOKED_AT, LEARNED = 20_000, 50_000
# BLOCK strings are reduced at a time.
BLOCK = 500

# A word stands between what is no letter, digit or "_": runs of letters in a key are none.
_WORD = re.compile(r"(?<!\w)[^\W\d_]{3,}(?!\w)")
_SEPARATORS = ("|", ";", ",")


def _analyzer(kind, separator=None):
    """Return the function that splits a string into what is counted."""
    if kind == "labels":
        return lambda text: [label for label in map(str.strip, text.split(separator)) if label]
    ranges = {"char_wb": (2, 4), "word": (1, 2)}
    return TfidfVectorizer(analyzer=kind, ngram_range=ranges[kind]).build_analyzer()


class _Counted(Column):
    """What text and labels share: counts, weighted by rarity, reduced to a few columns."""

    separator: str | None = None
    analyzer = "char_wb"

    def _learn(self, texts, weight=None):
        """Learn vocabulary and components of each row's text; return whether there are any."""
        step = -(-len(texts) // LEARNED)
        texts = texts[::step]
        weight = np.ones(len(texts)) if weight is None else weight[::step] / weight[::step].mean()
        vectorizer = TfidfVectorizer(
            analyzer=_analyzer(self.analyzer, self.separator), max_features=N_GRAMS,
            sublinear_tf=True, min_df=2 if len(texts) >= ENOUGH else 1, norm=None, use_idf=False,
        )  # fmt: skip
        try:
            counts = vectorizer.fit_transform(texts)
        except ValueError:  # nothing occurs twice
            return False
        self.vocabulary = {term: int(i) for term, i in vectorizer.vocabulary_.items()}
        rows_with = (counts > 0).T @ weight
        self.idf = np.log((1 + len(texts)) / (1 + rows_with)) + 1
        counts = normalize(counts.multiply(self.idf).tocsr())
        n = min(N_COMPONENTS, counts.shape[1] - 1, counts.shape[0] - 1)
        if n < 1:
            self.components = np.eye(counts.shape[1])
        else:
            weighted = counts.multiply(np.sqrt(weight)[:, None]).tocsr()
            with np.errstate(divide="ignore", invalid="ignore"):  # shares of no variance; not asked
                self.components = TruncatedSVD(n, random_state=0).fit(weighted).components_.T
        reduced = counts @ self.components
        self.centre = np.average(reduced, axis=0, weights=weight)
        spread = np.sqrt(np.average((reduced - self.centre) ** 2, axis=0, weights=weight))
        scale = np.where(spread > 1e-9, SPREAD / np.maximum(spread, 1e-9), 0.0)
        self.components = np.ascontiguousarray(self.components * scale)
        self.centre = self.centre * scale
        return True

    def _reduced(self, texts):
        """Return the components (n, k) of texts."""
        out = np.zeros((len(texts), self.components.shape[1]), np.float32)
        known: dict[str, list[int]] = {}
        for start in range(0, len(texts), BLOCK):
            part = slice(start, start + BLOCK)
            out[part] = self._reduced_block(texts[part], known)
            if len(known) > 20 * BLOCK:
                known = {}
        return out

    def _reduced_block(self, texts, known):
        """Return the components of some texts; ``known`` holds the terms of words, and grows."""
        terms, sizes = [], []
        for text in texts:
            before = len(terms)
            for piece in text.split() if self.analyzer == "char_wb" else (text,):
                found = known.get(piece)
                if found is None:
                    find = map(self.vocabulary.get, self._split()(piece))
                    found = known[piece] = [j for j in find if j is not None]
                terms += found
            sizes.append(len(terms) - before)
        width = len(self.vocabulary)
        keys = np.repeat(np.arange(len(texts)) * width, sizes) + np.array(terms, dtype=np.int64)
        keys, counts = np.unique(keys, return_counts=True)
        rows, terms = np.divmod(keys, width)
        out = np.zeros((len(texts), self.components.shape[1]))
        some, first = np.unique(rows, return_index=True)
        if len(some):
            weights = (1 + np.log(counts)) * self.idf[terms]
            sums = np.add.reduceat(weights[:, None] * self.components[terms], first, axis=0)
            out[some] = sums / np.sqrt(np.add.reduceat(weights**2, first))[:, None]
        return out - self.centre

    def _split(self):
        split = self.__dict__.get("_splitter")
        if split is None:
            split = self._splitter = _analyzer(self.analyzer, self.separator)
        return split

    def __getstate__(self):
        state = dict(self.__dict__)
        state.pop("_splitter", None)  # a function of scikit-learn's
        return state

    def transform(self, values):
        texts = [_said(v) for v in values.objects]
        known = [i for i, text in enumerate(texts) if text]
        out = np.zeros((len(texts), len(self.extra)), np.float32)
        if known and self.extra:
            given = [texts[i] for i in known]
            distinct = list(dict.fromkeys(given))
            if 2 * len(distinct) > len(given):
                out[known] = self._columns_of(given)
            else:
                place = {text: i for i, text in enumerate(distinct)}
                out[known] = self._columns_of(distinct)[[place[text] for text in given]]
        return None, None, out

    def _columns_of(self, texts):
        return self._reduced(texts)


def _some(items, n):
    """Return about n of a sequence's items, evenly chosen."""
    return items[:: -(-len(items) // n) or 1]


def _known_texts(values):
    """Return the texts that say something, and their rows' weights or None."""
    texts = list(map(_said, values.known))
    known = [i for i, text in enumerate(texts) if text]
    weight = None if values.weight is None else values.weight[~values.missing][known]
    return [texts[i] for i in known], weight


def _said(value):
    """Return a value's text, "" where it is missing."""
    if isinstance(value, str):
        return "" if value in MISSING else value.strip()
    return "" if is_missing(value) else str(value)


class Text(_Counted):
    """Strings of words: n-grams of characters, reduced to a few columns."""

    kind = "text"
    order = 120
    expects = "text"

    @classmethod
    def recognise(cls, values, options):
        found = _text_or_identifier(values, options)
        return found if isinstance(found, Text) else None

    @classmethod
    def force(cls, values, options):
        return cls("as column_kinds says")

    def fit(self, values, options):
        texts, weight = _known_texts(values)
        few = _some(texts, LOOKED_AT)
        long = bool(texts) and np.mean([len(text.split()) for text in few]) > LONG_TEXT
        self.analyzer = "word" if long else "char_wb"
        if texts and self._learn(texts, weight):
            self.extra = [str(i) for i in range(self.components.shape[1])]


class Identifier(Dropped):
    """A string that is another one in each row, and has no words: it is left out."""

    kind = "identifier"
    order = 110

    @classmethod
    def recognise(cls, values, options):
        found = _text_or_identifier(values, options)
        return found if isinstance(found, Identifier) else None

    def fit(self, values, options):
        if "column_kinds" not in self.why:
            self.note(IDENTIFIER, f"{values.name!r}")


def _text_or_identifier(values, options):
    """Return what a column of strings is, beside a category: Text, Identifier or None."""
    if values.texts is None:
        return None
    texts, counts = values.texts
    n, distinct = counts.sum(), len(texts)
    if n < ENOUGH or distinct <= options.max_one_hot:
        return None
    texts, counts = _some(texts, LOOKED_AT), _some(counts, LOOKED_AT)
    with_words = _share_with_words(texts)
    n_words = np.average([len(text.split()) for text in texts], weights=counts)
    if distinct > 0.95 * n and with_words < 0.3:
        return Identifier("all strings differ, and have no words in common")
    if with_words >= 0.3 and distinct >= TEXT_SHARE * n and n_words >= TEXT_WORDS:
        return Text(f"{distinct} different strings of {n_words:.1f} words")
    return None


def _share_with_words(texts):
    """Return the share of strings with a word that others have too, though not most of them."""
    words = [set(map(str.lower, _WORD.findall(text))) for text in texts]
    counts: dict[str, int] = {}
    for found in words:
        for word in found:
            counts[word] = counts.get(word, 0) + 1
    most = 0.9 * len(texts)
    return np.mean([any(1 < counts[word] <= most for word in found) for found in words])


class Labels(_Counted):
    """Several labels in a string: "Action|Comedy"."""

    kind = "labels"
    order = 100
    expects = "labels joined by a separator"
    analyzer = "labels"

    def __init__(self, why="", separator="|") -> None:
        super().__init__(why)
        self.separator = separator

    @classmethod
    def recognise(cls, values, options):
        if values.texts is None:
            return None
        texts, counts = values.texts
        if counts.sum() < ENOUGH or len(texts) <= options.max_one_hot:
            return None
        texts, counts = _some(texts, LOOKED_AT), _some(counts, LOOKED_AT)
        for separator in _SEPARATORS:
            if _are_labels(texts, counts, separator):
                return cls(f"several labels joined by {separator!r}", separator)
        return None

    @classmethod
    def force(cls, values, options):
        texts = values.texts[0] if values.texts is not None else []
        n = {separator: sum(separator in text for text in texts) for separator in _SEPARATORS}
        return cls("as column_kinds says", max(n, key=lambda separator: n[separator]))

    def fit(self, values, options):
        split = _analyzer("labels", self.separator)
        counts: dict[str, int] = {}
        for text in map(_said, values.known):
            for label in set(split(text)):
                counts[label] = counts.get(label, 0) + 1
        frequent = [label for label in counts if counts[label] > 1] or list(counts)
        self.labels: list[str] = []
        if len(frequent) <= N_LABELS:
            self.labels = self.extra = sorted(frequent)
        elif self._learn(*_known_texts(values)):
            self.extra = [str(i) for i in range(self.components.shape[1])]

    def _columns_of(self, texts):
        if not self.labels:
            return self._reduced(texts)
        split = self._split()
        place = {label: i for i, label in enumerate(self.labels)}
        out = np.zeros((len(texts), len(place)))
        for i, text in enumerate(texts):
            for label in split(text):
                if label in place:
                    out[i, place[label]] = 1.0
        return out


def _are_labels(texts, counts, separator):
    """Return whether strings are lists: many of several items, which are short and come again."""
    several = np.array([separator in text for text in texts])
    if counts[several].sum() < 0.3 * counts.sum():
        return False
    items: set[str] = set()
    n_items = 0
    for text, count in zip(texts, counts, strict=True):
        own = {item.strip() for item in text.split(separator)}
        items |= own
        n_items += count * len(own)
    if separator == ",":  # of a sentence, too
        short = np.mean([len(item.split()) <= 3 for item in items])
        return bool(short > 0.9 and len(items) < len(texts) and n_items > 5 * len(items))
    return bool(n_items > 1.5 * len(items))
