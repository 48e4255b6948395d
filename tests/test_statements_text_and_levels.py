"""What each statement of text, labels, levels and scales of a table means."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from skfnn.preprocessing import TabularEncoder, _level_counts, _levels, _scaling, _text
from skfnn.preprocessing._columns import Options
from skfnn.preprocessing._flatten import Flatten
from skfnn.preprocessing._shapes import check_shape, n_dimensions
from skfnn.preprocessing._text import Identifier, Labels, Text
from skfnn.preprocessing._values import Values

pytestmark = pytest.mark.filterwarnings("ignore::skfnn.preprocessing.ColumnWarning")


def values(texts, weight=None):
    found = Values("c", np.array([*texts, None], dtype=object)[:-1])
    found.weight = weight
    return found


def kind(texts, **options):
    found = _text._text_or_identifier(values(texts), Options(**options))
    return type(found).__name__


# ---------------------------------------------------------------- text and identifiers


def phrases(n_distinct, n):
    """Rows of two words each, of which others have some."""
    words = [f"{a} {b}" for a in ("red", "old", "big", "new") for b in ("car", "bus", "van", "cab")]
    words += [f"{w} {c}" for w in words for c in ("here", "there", "soon", "again", "once")]
    return [words[i % n_distinct] for i in range(n)]


def test_text_is_told_from_categories_from_50_values_on():
    assert kind(phrases(20, 50)) == "Text"
    assert kind(phrases(20, 49)) == "NoneType"
    assert kind([*phrases(20, 49), None]) == "NoneType"  # what is missing is no value


def test_text_has_more_different_strings_than_are_shown_and_a_tenth_of_the_rows():
    assert kind(phrases(9, 60)) == "Text"
    assert kind(phrases(8, 60)) == "NoneType"
    assert kind(phrases(9, 60), max_one_hot=9) == "NoneType"
    assert kind(phrases(10, 100)) == "Text"
    assert kind(phrases(10, 101)) == "NoneType"


def test_text_has_one_and_a_half_words_a_row():
    words = [
        "red car",
        "red bus",
        "old car",
        "old bus",
        "new car",
        "red",
        "old",
        "car",
        "bus",
        "new",
    ]
    rows = [words[i % 10] for i in range(60)]
    assert kind(rows) == "Text"
    assert kind([*rows, "red"]) == "NoneType"
    found = _text._text_or_identifier(values(rows), Options())
    assert found.why == "10 different strings of 1.5 words"


def test_an_identifier_is_another_string_in_nearly_every_row_and_has_no_words():
    def ids(n_distinct, n_words=0, n=100):
        found = [f"{i:04x}-{i}" for i in range(n_distinct - n_words)]
        found += [f"{w}{i}" for i, w in zip(range(n_words), ["word "] * n_words, strict=True)]
        return [*found, *found[: n - n_distinct]]

    assert kind(ids(96)) == "Identifier"
    assert kind(ids(95)) == "NoneType"
    assert kind(ids(100, 29)) == "Identifier"
    assert kind(ids(100, 30)) == "NoneType"
    assert kind([f"{t} x" for t in ids(100, 29)]) == "Identifier"
    assert kind([f"{t} x" for t in ids(100, 30)]) == "Text"


def test_a_word_counts_that_others_have_too_but_not_nearly_all():
    share = _text._share_with_words
    assert share(["red car", "RED bus", "old van", "x1 y2"]) == 0.5
    assert share(["ab cd", "ab ef", "abc3 x", "abc3 y", "a_bcd", "a_bcd q"]) == 0
    assert share(["abc", "abc d", "efg"]) == pytest.approx(2 / 3)
    nine = [f"word {i}" for i in range(9)]
    assert share([*nine, "other"]) == 0.9
    assert share([*nine, "word other"]) == 0


def test_about_so_many_are_looked_at_evenly():
    assert _text._some(list(range(10)), 3) == [0, 4, 8]
    assert _text._some(list(range(9)), 3) == [0, 3, 6]
    assert _text._some(list(range(3)), 3) == [0, 1, 2]
    assert _text._some([], 3) == []


def test_what_a_cell_says():
    assert [_text._said(v) for v in (" a ", "", "NA", "na", None, np.nan, 3, pd.NaT)] == [
        "a", "", "", "na", "", "", "3", "",
    ]  # fmt: skip
    texts, weight = _text._known_texts(values(["a", None, "b", " "], np.array([1.0, 2, 3, 4])))
    assert texts == ["a", "b"]
    assert weight.tolist() == [1, 3]
    assert _text._known_texts(values(["a", "b"])) == (["a", "b"], None)


def sentences(n=60):
    rng = np.random.default_rng(0)
    words = ["".join(rng.choice(list("abcdefghijklmnop"), 4)) for _ in range(40)]
    return [" ".join(rng.choice(words, 3)) for _ in range(n)]


SENTENCES = sentences()


def fitted(texts, weight=None):
    column = Text("")
    column.fit(values(texts, weight), Options())
    return column


def expected_columns(texts, n=20, **analysis):
    """By scikit-learn alone: components of standard deviation 0.3 about their mean."""
    counts = TfidfVectorizer(sublinear_tf=True, max_features=10_000, **analysis).fit(texts)
    A = counts.transform(texts)
    reduced = A @ TruncatedSVD(n, random_state=0).fit(A).components_.T
    reduced -= reduced.mean(axis=0)
    return 0.3 * reduced / reduced.std(axis=0)


def test_the_columns_of_text_are_components_of_weighted_counts():
    column = fitted(SENTENCES)
    assert column.extra == [str(i) for i in range(20)]
    found = column.transform(values(SENTENCES))
    assert found[:2] == (None, None)
    characters = {"analyzer": "char_wb", "ngram_range": (2, 4), "min_df": 2}
    expected = expected_columns(SENTENCES, **characters)
    np.testing.assert_allclose(found[2], expected, atol=1e-4)
    assert found[2].dtype == np.float32


def test_long_text_is_read_by_words():
    long = [" ".join([text] * 6) for text in SENTENCES]
    sixteen = " ".join(["word"] * 16)
    column = fitted(long)
    assert column.analyzer == "word"
    expected = expected_columns(long, analyzer="word", ngram_range=(1, 2), min_df=2)
    np.testing.assert_allclose(column.transform(values(long))[2], expected, atol=1e-4)
    assert fitted([sixteen, sixteen]).analyzer == "word"
    assert fitted([sixteen[5:], sixteen[5:]]).analyzer == "char_wb"  # 15 on average are not long


def test_what_occurs_once_counts_only_where_texts_are_few():
    few, many = SENTENCES[:48], SENTENCES[:49]
    once = "unheard"
    assert "unh" in fitted([*few, once]).vocabulary
    assert "unh" not in fitted([*many, once]).vocabulary


def test_ten_thousand_terms_count():
    letters = np.random.default_rng(0).choice(list("abcdefghijklmnopqrstuvwxyz"), (70, 100))
    texts = ["".join(row) for row in letters]
    assert len(fitted([*texts, *texts]).vocabulary) == 10_000


def test_no_more_components_than_texts_or_terms_less_one():
    column = fitted(SENTENCES[:5])
    assert len(column.extra) == 4
    expected = expected_columns(SENTENCES[:5], n=4, analyzer="char_wb", ngram_range=(2, 4))
    np.testing.assert_allclose(column.transform(values(SENTENCES[:5]))[2], expected, atol=1e-4)
    assert fitted(["abc", "xyz"]).extra == ["0"]
    two_terms = fitted([" ".join(["aa"] * n) for n in (16, 17, 18, 19)])
    assert set(two_terms.vocabulary) == {"aa", "aa aa"}
    assert two_terms.extra == ["0"]
    column = fitted(["ab", "ab"])  # of one text there is no component: as many as terms
    assert len(column.extra) >= 1
    assert not column.transform(values(["ab", "", "zz"]))[2].any()


def test_a_missing_text_and_an_unknown_one():
    column = fitted(SENTENCES)
    found = column.transform(values([SENTENCES[0], None, "", "NA", "§§"]))[2]
    assert not found[1:4].any()
    np.testing.assert_allclose(found[4], -column.centre, atol=1e-6)
    np.testing.assert_allclose(found[0], column.transform(values(SENTENCES[:1]))[2][0], atol=1e-6)


def test_a_row_of_weight_two_is_as_two_rows():
    texts = SENTENCES[:20]
    weight = np.ones(20)
    weight[:5] = 2
    weighted, doubled = fitted(texts, weight / weight.mean()), fitted([*texts, *texts[:5]])
    reduced = weighted.transform(values(texts))[2]
    mean = np.average(reduced, axis=0, weights=weight)
    np.testing.assert_allclose(mean, 0, atol=1e-5)
    spread = np.sqrt(np.average(reduced**2, axis=0, weights=weight))
    np.testing.assert_allclose(spread, 0.3, rtol=1e-3)
    assert set(weighted.vocabulary) == set(doubled.vocabulary)
    np.testing.assert_allclose(fitted(texts, 3 * weight).idf, weighted.idf)
    # Rarity by shares of the rows: twice the weight, twice the rows with a term.
    with_term = np.zeros(len(weighted.vocabulary))
    split = weighted._split()
    for text, w in zip(texts, weight / weight.mean(), strict=True):
        for term in {t for t in split(text) if t in weighted.vocabulary}:
            with_term[weighted.vocabulary[term]] += w
    np.testing.assert_allclose(weighted.idf, np.log(21 / (1 + with_term)) + 1)


def test_text_without_any_term_has_no_columns():
    column = fitted(["§", "%"])
    assert column.transform(values(["§"]))[2].shape[0] == 1
    column = fitted([None, None])
    assert column.extra == []
    assert column.transform(values(["a"]))[2].shape == (1, 0)


def test_many_rows_of_few_texts_are_as_each_alone():
    column = fitted(SENTENCES)
    rows = [SENTENCES[i % 7] for i in range(1203)]
    found = column.transform(values(rows))[2]
    alone = column.transform(values(SENTENCES[:7]))[2]
    np.testing.assert_allclose(found, alone[np.arange(1203) % 7], atol=1e-6)
    different = [f"{SENTENCES[i % 60]} {i}" for i in range(1100)]
    found = column.transform(values(different))[2]
    some = [0, 499, 500, 501, 999, 1000, 1099]
    again = np.concatenate([column.transform(values([different[i]]))[2] for i in some])
    np.testing.assert_allclose(found[some], again, atol=1e-6)


# ---------------------------------------------------------------- labels


def test_labels_are_a_share_of_three_tenths_of_the_rows():
    assert _text._are_labels(["a|b", "c"], np.array([30, 70]), "|")
    assert not _text._are_labels(["a|b", "c"], np.array([29, 71]), "|")
    assert not _text._are_labels(["a;b", "c"], np.array([50, 50]), "|")


def test_labels_come_again():
    one = np.ones(3, int)
    assert _text._are_labels(["a|b", "a|c", "b|c"], one, "|")  # 6 of 3
    assert not _text._are_labels(["a|b", "a|c", "b|d"], one, "|")  # 6 of 4 are just 1.5 each
    assert not _text._are_labels(["a|a", "a| a", "b|c"], one, "|")  # one in a row counts once: 4
    assert _text._are_labels(["a|b", "c|d"], np.array([2, 2]), ";") is False
    assert _text._are_labels(["a|b", "c|d"], np.array([2, 2]), "|")  # rows count


def test_between_commas_labels_are_short_and_come_again_often():
    def are(items, n=None, times=1):
        texts = [f"{a}, {b}" for a, b in combinations(items, 2)][:n]
        return _text._are_labels(texts, np.full(len(texts), times), ",")

    ten = [f"i{i}" for i in range(10)]
    assert are(ten)
    assert are([*ten[:9], "one two three"])
    assert not are([*ten[:9], "one two three four"])  # 9 of 10 are not more than 0.9
    assert are([*ten, "one two three four"])
    chain = ["a,b", "b,c", "c,d", "d,e", "e,f", "f,a"]
    assert not _text._are_labels(chain, np.full(6, 10), ",")  # as many labels as strings
    assert _text._are_labels([*chain, "a,c"], np.full(7, 10), ",")
    pairs = [f"{a},{b}" for a, b in combinations(ten, 2)][::-1]
    pairs = [*pairs[-9:], *pairs[:17]]  # each of the ten
    assert not _text._are_labels(pairs[:25], np.ones(25, int), ",")  # 50 of 10 are just 5 each
    assert _text._are_labels(pairs[:26], np.ones(26, int), ",")


def recognised(texts, **options):
    return Labels.recognise(values(texts), Options(**options))


def test_labels_are_told_from_50_values_and_more_strings_than_are_shown():
    nine = [f"{a}|{b}" for a, b in combinations("abcde", 2)][:9]
    rows = [nine[i % 9] for i in range(50)]
    assert recognised(rows).separator == "|"
    assert recognised(rows[:49]) is None
    assert recognised(rows, max_one_hot=9) is None
    assert recognised([nine[i % 8] for i in range(50)]) is None
    assert recognised([text.replace("|", ";") for text in rows]).separator == ";"
    assert recognised([1.0] * 50) is None


def test_forced_labels_have_the_separator_that_most_strings_hold():
    assert Labels.force(values(["a;b", "c;d", "a|b"]), Options()).separator == ";"
    assert Labels.force(values(["a", "b"]), Options()).separator == "|"
    assert Labels.force(values([1, "a;b"]), Options()).separator == "|"


def labelled(texts, separator="|"):
    column = Labels("", separator)
    column.fit(values(texts), Options())
    return column


def test_labels_of_more_than_one_row_get_a_column_each():
    column = labelled(["b|a", "a", "b |c|c", None])
    assert column.labels == column.extra == ["a", "b"]
    found = column.transform(values(["b|a", "c", " a ", "a|a", None, "x|b"]))[2]
    np.testing.assert_array_equal(found, [[1, 1], [0, 0], [1, 0], [1, 0], [0, 0], [0, 1]])
    assert labelled(["a|b", "c"]).labels == ["a", "b", "c"]  # each in one row


def test_thirty_labels_have_columns_and_more_are_reduced():
    pairs = [f"l{a:02d}|l{b:02d}" for a, b in combinations(range(30), 2)]
    assert len(labelled(pairs).labels) == 30
    pairs = [f"l{a:02d}|l{b:02d}" for a, b in combinations(range(31), 2)]
    column = labelled(pairs)
    assert column.labels == []
    assert column.extra == [str(i) for i in range(20)]
    found = column.transform(values(pairs))[2]
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(found.std(axis=0), 0.3, rtol=1e-3)


def test_identifiers_are_noted_unless_the_user_says_so():
    column = Identifier("all strings differ")
    column.fit(values(["a"]), Options())
    assert len(column.problems) == 1
    column = Identifier("as column_kinds says")
    column.fit(values(["a"]), Options())
    assert column.problems == []


# ---------------------------------------------------------------- scales


def test_a_number_is_scaled_by_quartiles_or_else_by_its_range():
    A = np.array([[0.0, 1, 5, 7], [1, 1, 5, np.nan], [2, 1, 5, np.nan], [3, 1, 5, 7], [4, 9, 5, 7]])
    centre, scale = _scaling.centre_and_scale(A, np.isnan(A))
    assert centre.tolist() == [2, 1, 5, 7]
    assert scale.tolist() == [1 / 2, 2 / 8, 0, 0]
    nothing = np.full((3, 1), np.nan)
    assert [x.tolist() for x in _scaling.centre_and_scale(nothing, np.isnan(nothing))] == [[0], [0]]
    tiny = np.array([[0.0], [1e-320], [2e-320], [3e-320]])
    assert _scaling.centre_and_scale(tiny, np.isnan(tiny))[1] == 0  # its factor would overflow
    weight = np.array([0.0, 0, 1, 1, 1])
    centre, scale = _scaling.centre_and_scale(A[:, :1], np.isnan(A[:, :1]), weight)
    assert (centre[0], scale[0]) == (3, 1 / 2)  # quarters of three rows are the outer two


def test_scaled_numbers_are_clipped_softly_to_3_and_stay_finite():
    s = np.array([0, 1.0, -3, 1e3, -1e200, 1e308, np.nan])
    x = 5 + s / 2
    _scaling.scale_and_clip(x, np.float64(5), np.float64(2))
    with np.errstate(over="ignore"):
        expected = s / np.sqrt(1 + (s / 3) ** 2)
    expected[4:6] = -3, 3
    np.testing.assert_allclose(x, expected, rtol=1e-12)


# ---------------------------------------------------------------- levels


def test_truth_of_words_digits_and_numbers():
    for value, truth in (
        (" Yes ", 1), ("OFF", 0), ("t", 1), ("n", 0), ("1", 1), ("0.0", 0), ("1.0", 1), ("2", None),
        ("maybe", None), (True, 1), (np.False_, 0), (1.0, 1), (0, 0), (2, None), (0.5, None),
        (None, None), (np.nan, None),
    ):  # fmt: skip
        found = _levels.truth_of(value)
        assert found is truth or (found == truth and type(found) is int)


def test_levels_are_in_order_as_numbers_where_all_are_or_else_by_type():
    order = lambda *v: _levels.in_order(np.array([*v, None], object)[:-1]).tolist()  # noqa: E731
    assert order("10", "9", 2) == [2, "9", "10"]
    assert order("b", "a", "10") == ["10", "a", "b"]
    assert order("b", 7, 5, "1x") == [5, 7, "1x", "b"]
    assert order(1.0, "1", 0) == [0, "1", 1.0]
    assert order(10**400, 1) == [1, 10**400]


def test_levels_as_a_file_holds_them():
    assert type(_levels.as_simple(np.int64(3))) is int
    assert type(_levels.as_simple(np.bool_(True))) is bool
    assert _levels.as_simple(pd.Timestamp("2020-01-01")) == "2020-01-01 00:00:00"
    from fractions import Fraction

    assert _levels.as_simple(Fraction(1, 2)) == 0.5
    assert _levels.simple(np.array(["a", 1, True], object)).tolist() == ["a", 1, True]
    assert _levels.simple(np.array(["a", np.int8(1)], object)).tolist() == ["a", 1]


def test_other_spellings_of_a_level():
    for value, keys in (
        (True, ["true"]), (3, [3.0]), (" 3.0 ", [3.0]), ("TRUE", ["true"]), (" Ab ", ["Ab"]),
        ((1,), ["(1,)"]),
    ):  # fmt: skip
        assert _levels.spellings(value) == keys


# ---------------------------------------------------------------- counts of levels


def table(*cells, **more):
    return pd.DataFrame({"c": np.array([*cells, None], object)[:-1], **more})


def encoder(*cells, max_one_hot=1, **more):
    kinds = {"c": "category"}
    return TabularEncoder(max_one_hot=max_one_hot, column_kinds=kinds).fit(table(*cells, **more))


def test_levels_are_counted_by_all_their_spellings():
    of = encoder("1", "a", "b", x=[1.0, 2, 3])
    counts = of.count_levels(table(1, "1.0", "a", None, "new", "new", x=[1.0, None, None, 1, 1, 1]))
    assert counts.n_rows == 6
    assert counts.missing.tolist() == [1, 2]
    assert counts.of(0) == {"1": 2, "a": 1, "new": 2}
    both = counts + of.count_levels(table("new", "b", x=[1.0, None]))
    assert (both.n_rows, both.missing.tolist()) == (8, [1, 3])
    assert both.of(0) == {"1": 2, "a": 1, "new": 3, "b": 1}
    assert counts.of(0) == {"1": 2, "a": 1, "new": 2}  # left as it was
    assert _level_counts.joined(iter([counts])).of(0) == counts.of(0)
    many = of.count_levels(table(*["a"] * 150, *["new"] * 100, None, x=np.ones(251)))
    assert many.of(0) == {"a": 150, "new": 100}


def test_counted_levels_are_what_a_file_holds_and_occur():
    of = encoder("1", "a", "b")
    (level, n), *_ = of.count_levels(table(np.int8(5))).of(0).items()
    assert (type(level), level, n) == (int, 5, 1)
    some = pd.DataFrame({"c": pd.Categorical(["a", None], categories=["a", "b", "unused"])})
    assert of.count_levels(some).of(0) == {"a": 1}
    counts, same = of.count_levels(some), of.count_levels(some)
    assert counts == counts != same  # two are never the same
    assert len({counts, same}) == 2


def test_the_share_of_missing_values_of_one_row_and_of_none():
    of = encoder("b", "c", x=[1.0, 2.0])
    counts = of.count_levels(table("b", x=[np.nan]))
    assert of.merge_levels(counts).schema_["missing"].tolist() == [0, 1]
    none = _level_counts.LevelCounts(0, {}, np.zeros(2, int))
    assert of.merge_levels(none).schema_["missing"].tolist() == [0, 0]


def test_merged_levels_are_those_of_all_rows_in_their_order():
    of = encoder("b", "c", x=[1.0, 2.0])
    counts = [of.count_levels(table("a", x=[np.nan])), of.count_levels(table("b", "b", x=[1.0, 2]))]
    of.merge_levels(counts)
    assert of.categories_[0].tolist() == ["a", "b"]
    found = of.transform(table("a", "b", "c", x=[1.5, 1.5, np.nan]))
    np.testing.assert_allclose(found, [[0, 1, 0], [0, 2, 0], [0, 0, 1]])
    row = of.schema_.set_index("column").loc
    assert row["x"]["missing"] == pytest.approx(1 / 3)
    assert (row["c"]["missing"], row["c"]["levels"]) == (0, 2)


def test_merged_levels_that_are_few_are_a_column_each():
    of = encoder("a", "b", "c", max_one_hot=2)
    assert of.n_levels_ == [3]
    of.merge_levels(of.count_levels(table("b", "a")))
    assert of.n_levels_ == []
    assert of.transform(table("a", "b", "c")).tolist() == [[-1], [1], [0]]


def test_partial_fit_appends_levels_and_leaves_codes():
    of = encoder("b", "d", "e")
    before = of.transform(table("b", "d", "e"))
    of.partial_fit(table("c", "a", "d", None))
    assert of.categories_[0].tolist() == ["b", "d", "e", "a", "c"]
    np.testing.assert_array_equal(of.transform(table("b", "d", "e")), before)
    assert of.transform(table("a", "c", "x")).ravel().tolist() == [4, 5, 0]
    few = encoder("a", "b", max_one_hot=8).partial_fit(table("z"))
    assert few.categories_[0].tolist() == ["a", "b"]  # no room
    new = TabularEncoder(max_one_hot=1).partial_fit(table("a", "b"))
    assert new.categories_[0].tolist() == ["a", "b"]


def test_no_more_levels_than_fit_and_the_most_frequent(monkeypatch):
    monkeypatch.setattr(_level_counts, "MOST_LEVELS", 3)
    of = encoder("a", "b")
    of.merge_levels(of.count_levels(table(*"aabbbccccd")))
    assert of.categories_[0].tolist() == ["a", "b", "c"]
    of = encoder("a", "b").partial_fit(table(*"zyx"))
    assert of.categories_[0].tolist() == ["a", "b", "x"]


# ---------------------------------------------------------------- shapes


def test_dimensions_of_arrays_and_of_lists():
    assert n_dimensions(np.zeros((2, 3, 4))) == 3
    assert n_dimensions([[[1, 2]]]) == 3
    assert n_dimensions(([1],)) == 2
    assert n_dimensions([]) == 0
    assert n_dimensions([[], [1]]) == 1
    check_shape((2, 3), (2, 3), "A")
    with pytest.raises(ValueError, match="A was fitted with samples of shape"):
        check_shape((2, 3), (3, 2), "A")


def test_images_become_rows_and_rows_images():
    images = np.arange(24.0).reshape(2, 3, 4)
    flatten = Flatten().fit(images)
    rows = images.reshape(2, 12)
    np.testing.assert_array_equal(flatten.transform(images), rows)
    np.testing.assert_array_equal(flatten.transform(rows), rows)
    np.testing.assert_array_equal(flatten.inverse_transform(rows), images)
    names = flatten.get_feature_names_out()
    assert (names[0], names[5], names[11], len(names)) == ("x0_0", "x1_1", "x2_3", 12)
    assert flatten.get_feature_names_out(list("abcdefghijkl")).tolist() == list("abcdefghijkl")
    with pytest.raises(ValueError, match=r"X has 11 features, but Flatten is expecting 12"):
        flatten.inverse_transform(rows[:, 1:])
    with pytest.raises(ValueError, match=r"samples of shape \(4, 3\)"):
        flatten.transform(images.reshape(2, 4, 3))
    with pytest.raises(ValueError, match="samples of one shape"):
        Flatten().fit([[[1, 2]], [[1, 2], [3, 4]]])
    flat = Flatten().fit(rows)
    np.testing.assert_array_equal(flat.inverse_transform(rows), rows)
    assert flat.get_feature_names_out()[1] == "x1"
    with pytest.raises(ValueError, match=r"samples of shape \(12,\)"):
        flat.inverse_transform(rows[:, 1:])
    tags = flat.__sklearn_tags__()
    assert tags.input_tags.sparse
    assert tags.input_tags.allow_nan
    assert tags.input_tags.three_d_array
