"""What statements of sources mean, unit by unit: blocks, parts, functions and files."""

import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from skfnn.tabular import (
    _sources,
)
from skfnn.tabular._sources import (
    Block,
    Called,
    Csv,
    Files,
    Frames,
    Numbered,
    Parquet,
    Roles,
    Scanned,
    block_of,
    frames_of,
    is_path,
    keys_of,
    source_of,
)


def block(n, part=0, *, y=None, weight=None, groups=None, begin=0):
    X = pd.DataFrame({"a": np.arange(n, dtype=float)})
    y = np.zeros(n) if y is None else np.asarray(y)
    return Block(part, np.arange(begin, begin + n), X, y, weight, groups)


def test_some_rows_of_a_block_have_their_weights_and_groups():
    rows = block(4, 2, y=[5, 6, 7, 8], weight=np.array([0.0, 1.0, 0.0, 2.0]), groups=np.arange(4))
    found = rows.at(np.array([3, 1]))
    assert found.part == 2
    assert [a.tolist() for a in (found.position, found.y, found.weight, found.groups)] == [
        [3, 1], [8, 6], [2.0, 1.0], [3, 1]
    ]  # fmt: skip
    assert found.X["a"].tolist() == [3.0, 1.0]
    assert rows.counting().position.tolist() == [1, 3]
    assert block(3).at(np.array([0])).weight is None
    free, heavy = block(3), block(3, weight=np.ones(3))
    assert free.counting() is free
    assert heavy.counting() is heavy


def test_roles_name_columns_that_are_no_features():
    assert Roles().names == []
    assert Roles("y", None, "g").names == ["y", "g"]
    assert Roles(["u", "v"], "w").names == ["u", "v", "w"]
    frame = pd.DataFrame({"a": [1], "y": [2], "w": [3], "g": [4]})
    X, y, weight, groups = Roles("y", "w", "g").divided(frame)
    assert list(X.columns) == ["a"]
    assert (y.tolist(), weight.tolist(), groups.tolist()) == ([2], [3], [4])
    X, y, weight, groups = Roles(None, "w").divided(frame, "beside")
    assert (list(X.columns), y, groups) == (["a", "y", "g"], "beside", None)
    assert Roles().divided(frame, 5)[0] is frame
    assert Roles().divided(frame, 5)[1:] == (5, None, None)
    with pytest.raises(ValueError, match="no column 'z'"):
        Roles("z").divided(frame)
    with pytest.raises(ValueError, match="whose columns have no names"):
        Roles("z").divided(np.ones((2, 2)))


def test_a_block_of_a_table():
    X = pd.DataFrame({"a": [1.0, 2.0, 3.0]})
    found = block_of(
        4, 10, X, pd.Series([1, 2, 3]), roles=Roles(), weight=[3, 0, 5], groups=[7] * 3
    )
    assert found.part == 4
    assert found.position.tolist() == [10, 11, 12]
    assert type(found.y) is np.ndarray
    assert found.weight.tolist() == [3.0, 0.0, 5.0]
    assert found.groups.tolist() == [7, 7, 7]
    named = X.assign(w=[1.0, 2.0, 4.0], g=list("xyz"), y=[1, 0, 1])
    found = block_of(0, 0, named, roles=Roles("y", "w", "g"))
    assert found.weight.tolist() == [1.0, 2.0, 4.0]
    assert found.groups.tolist() == list("xyz")
    assert block_of(0, 0, X, [1, 2, 3], roles=Roles()).weight is None
    assert block_of(0, 0, X, [1, 2, 3], roles=Roles(), weight=[0, 0, 0]).weight.tolist() == [0] * 3
    for weight in ([1, -1, 1], [1, 1], [1, 1, 1, 1], [1, np.nan, 1]):
        with pytest.raises(ValueError, match="sample_weight"):
            block_of(0, 0, X, [1, 2, 3], roles=Roles(), weight=weight)
    with pytest.raises(ValueError, match="3 rows and 2 targets"):
        block_of(0, 0, X, [1, 2], roles=Roles())
    with pytest.raises(ValueError, match="3 rows and no targets"):
        block_of(0, 0, X, roles=Roles())
    with pytest.raises(ValueError, match="no column beside"):
        block_of(0, 0, pd.DataFrame({"y": [1, 2]}), roles=Roles("y"))


class Pieces(Numbered):
    """Parts of several tables each."""

    roles, n_parts = Roles(), 2

    def tables(self, part):
        for i in range(2):
            yield pd.DataFrame({"a": [10.0 * part + i] * 2}), [part, i]


def test_parts_are_read_piece_by_piece_in_any_order():
    found = [(b.part, b.position.tolist(), b.y.tolist()) for b in Pieces().blocks()]
    assert found == [(0, [0, 1], [0, 0]), (0, [2, 3], [0, 1]), (1, [0, 1], [1, 0]),
                     (1, [2, 3], [1, 1])]  # fmt: skip
    assert [b.part for b in Pieces().blocks([1, 0])] == [1, 1, 0, 0]
    assert [frame["a"][0] for frame in Pieces().frames()] == [0.0, 1.0, 10.0, 11.0]
    nothing = Pieces()
    nothing.n_parts = None
    assert list(nothing.blocks()) == list(nothing.frames()) == []


def test_the_next_rows_are_read_in_a_thread_but_not_those_in_memory():
    main = threading.get_ident()
    threads = list(Pieces().map(lambda _: threading.get_ident()))
    assert len(threads) == 4
    assert main not in threads
    table = (0, (np.ones((2, 1)), np.ones(2), None, None))
    assert list(Frames([table]).map(lambda _: threading.get_ident())) == [main]
    called = []

    def given():
        called.append(threading.get_ident())
        return iter([(np.ones((2, 1)), np.ones(2))])

    assert list(Called(given, Roles()).map(lambda _: threading.get_ident())) == [main]
    assert called == [main]


def test_blocks_without_weight_are_left_out():
    tables = [(i, (np.ones((2, 1)), np.ones(2), np.array([i, 0.0]), None)) for i in range(3)]
    found = list(Frames(tables).map(lambda rows: (rows.part, len(rows))))
    assert found == [(1, 1), (2, 1)]
    assert [b.part for b in Frames(tables).blocks([2, 0])] == [2, 0]
    assert [b.position.tolist() for b in Frames(tables).blocks()] == [[0, 1]] * 3
    assert Frames(tables).n_parts == 3


def test_a_function_yields_tables_or_pairs():
    X = pd.DataFrame({"a": [1.0, 2.0], "y": [3.0, 4.0]})
    whole = Called(lambda: iter([X, X]), Roles("y"))
    assert [(b.part, b.position.tolist(), b.y.tolist()) for b in whole.blocks()] == [
        (0, [0, 1], [3.0, 4.0]), (1, [0, 1], [3.0, 4.0])
    ]  # fmt: skip
    pairs = Called(lambda: iter([(X, [5, 6])]), Roles())
    assert [b.y.tolist() for b in pairs.blocks()] == [[5, 6]]
    assert next(iter(pairs.frames())) is X
    assert next(iter(whole.frames())) is X
    two_rows = [[1.0, 2.0], [3.0, 4.0]]  # a list of two is no pair
    assert list(Called(lambda: iter([two_rows]), Roles()).frames()) == [two_rows]
    triple = (X, [5, 6], None)
    assert list(Called(lambda: iter([triple]), Roles()).frames()) == [triple]
    for given in (X, triple):
        with pytest.raises(ValueError, match=r"iterator of \(X, y\)"):
            list(Called(lambda given=given: iter([given]), Roles()).blocks())


# ------------------------------------------------------------------ files


def test_a_csv_file_is_read_by_65_536_rows(tmp_path):
    n = 65_537
    pd.DataFrame({"y": np.arange(n)}).to_csv(tmp_path / "a.csv", index=False)
    source = source_of(str(tmp_path / "a.csv"), Roles("y"))
    assert type(source) is Csv
    assert [len(frame) for frame in source.frames()] == [65_536, 1]
    assert [len(frame) for frame in frames_of(tmp_path / "a.csv")] == [65_536, 1]


def test_files_of_a_folder_are_in_order_and_its_name_is_a_column(tmp_path):
    frame = pd.DataFrame({"a": [1.0, 2.0], "y": [3.0, 4.0]})
    for folder in ("year=2020/rest", "year=2019", "kind=-x"):
        (tmp_path / folder).mkdir(parents=True)
    frame.to_csv(tmp_path / "year=2020/rest/b.csv", index=False)
    frame.to_csv(tmp_path / "year=2019/a.tsv", index=False, sep="\t")
    frame.to_csv(tmp_path / "kind=-x/c.csv", index=False)
    (tmp_path / "year=2019/notes.txt").write_text("none")
    source = source_of(tmp_path, Roles("y"))
    assert [Path(file).name for file in source.files] == ["c.csv", "a.tsv", "b.csv"]
    frames = list(source.frames())
    assert [list(found.columns) for found in frames] == [["a", "y", "kind"], ["a", "y", "year"],
                                                         ["a", "y", "year"]]  # fmt: skip
    assert [found.iloc[0, 2] for found in frames] == ["-x", 2019, 2020]
    assert source_of(str(tmp_path / "*" / "*.csv"), Roles("y")).n_parts == 1
    several = [tmp_path / "year=2019/a.tsv", tmp_path / "kind=-x/c.csv"]
    assert source_of(several, Roles("y")).n_parts == 2
    with pytest.raises(ValueError, match="names no file"):
        source_of(str(tmp_path / "*.csv"), Roles("y"))
    with pytest.raises(ValueError, match="must be the name of the column"):
        source_of(tmp_path, Roles())
    (tmp_path / "year=2019/d.parquet").write_text("none")
    with pytest.raises(ValueError, match="several formats"):
        source_of(tmp_path, Roles("y"))


def test_an_error_names_the_file(tmp_path):
    (tmp_path / "a.csv").write_text('a,b\n1,2\n1,"2\n')
    with pytest.raises(pd.errors.ParserError) as error:
        list(source_of(tmp_path / "a.csv", Roles("b")).frames())
    assert any("a.csv" in note for note in error.value.__notes__)


def test_what_folders_say():
    assert keys_of("x/year=2026/of=all=none/rows.csv") == {"year": 2026, "of": "all=none"}
    assert keys_of("x/year=2026/rows.csv") == {"year": 2026}
    assert keys_of("x/n=-5/rows.csv") == {"n": -5}
    assert keys_of("x/=3/rows=1.csv") == {}
    assert keys_of("plain/rows.csv") == {}


def test_what_is_a_path():
    assert is_path("a.csv")
    assert is_path(Path("a.csv"))
    assert is_path(["a.csv", Path("b.csv")])
    assert is_path(("a.csv",))
    assert not is_path(["a.csv", 1])
    assert not is_path([])
    assert not is_path(pd.DataFrame({"a": [1]}))
    assert not is_path(np.array(["a", "b"]))


def test_what_is_a_source():
    X = pd.DataFrame({"a": [1]})
    assert source_of(X, Roles("a")) is None
    assert source_of(X.to_numpy(), Roles()) is None

    class Table:
        shape = (1, 1)

        def __call__(self):
            raise AssertionError

    assert source_of(Table(), Roles()) is None
    assert type(source_of(lambda: iter([X]), Roles("a"))) is Called
    assert next(iter(frames_of(X))) is X
    assert next(iter(frames_of(lambda: iter([X])))) is X
    array = np.ones((2, 1))
    assert next(iter(frames_of(array))) is array


def test_a_thing_with_the_methods_of_a_dataset_is_none_of_pyarrow():
    alike = SimpleNamespace(to_batches=None, get_fragments=None)
    assert not _sources._is_dataset(alike)
    assert source_of(alike, Roles("a")) is None


def test_parts_of_parquet_files_are_groups_of_rows(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    dataset = pytest.importorskip("pyarrow.dataset")
    parquet = pytest.importorskip("pyarrow.parquet")
    X = pd.DataFrame({"a": np.arange(5.0), "y": np.arange(5.0)})
    parquet.write_table(pyarrow.Table.from_pandas(X), tmp_path / "a.parquet", row_group_size=2)
    X[:1].to_parquet(tmp_path / "b.parquet")
    source = source_of(tmp_path, Roles("y"))
    assert type(source) is Parquet
    assert source.places == [(0, 0), (0, 1), (0, 2), (1, 0)]
    assert [b.y.tolist() for b in source.blocks([3, 1])] == [[0.0], [2.0, 3.0]]
    whole = dataset.dataset(tmp_path, format="parquet")
    assert _sources._is_dataset(whole)
    found = source_of(whole, Roles("y"))
    assert type(found) is Parquet
    assert [len(frame) for frame in found.frames()] == [2, 2, 1, 1]
    assert [len(frame) for frame in frames_of(whole)] == [2, 2, 1, 1]
    some = source_of(whole.filter(dataset.field("a") < 3), Roles("y"))
    assert type(some) is Scanned
    assert sum(len(frame) for frame in some.frames()) == 4
    assert some.n_parts == 1
    assert sorted(y for b in some.blocks() for y in b.y) == [0.0, 0.0, 1.0, 2.0]
    assert not _sources._is_dataset(parquet.ParquetFile(tmp_path / "a.parquet"))
    assert not _sources._is_dataset(pyarrow.Table.from_pandas(X))  # which has batches, too
    X.to_csv(tmp_path / "c.csv", index=False)
    text = source_of(dataset.dataset(tmp_path / "c.csv", format="csv"), Roles("y"))
    assert type(text) is Csv
    assert [frame["y"].tolist() for frame in text.frames()] == [X["y"].tolist()]
    feather = pytest.importorskip("pyarrow.feather")
    feather.write_feather(X, tmp_path / "d.feather")
    assert type(source_of(dataset.dataset(tmp_path / "d.feather", format="feather"),
                          Roles("y"))) is Scanned  # fmt: skip
    assert issubclass(Parquet, Files)
