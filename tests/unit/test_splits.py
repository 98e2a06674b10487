"""Properties of the splits that the evaluation rests on."""

from __future__ import annotations

import numpy as np
import pytest

from stratomics.cohort.splits import make_splits, splits_from_table, splits_table
from stratomics.errors import DataError


def follow_up(n: int, seed: int = 0, share: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.exponential(900, n).round() + 1, rng.random(n) < share


@pytest.mark.parametrize(("n", "folds", "repeats"), [(61, 3, 2), (326, 5, 2), (245, 5, 4), (103, 10, 1)])
def test_folds_are_balanced(n: int, folds: int, repeats: int) -> None:
    time, event = follow_up(n)
    splits = make_splits(time, event, folds=folds, repeats=repeats, seed=3)
    assert [split.name for split in splits] == ["full"] + [f"r{r}f{f}" for r in range(repeats) for f in range(folds)]
    assert splits[0].train.tolist() == list(range(n))
    assert len(splits[0].held_out) == 0
    for repeat in range(repeats):
        parts = splits[1 + repeat * folds : 1 + (repeat + 1) * folds]
        assert sorted(np.concatenate([split.held_out for split in parts])) == list(range(n))
        for split in parts:
            assert split.train.dtype == split.held_out.dtype == np.int64
            assert sorted([*split.train, *split.held_out]) == list(range(n))
            assert (np.diff(split.train) > 0).all()
            assert (np.diff(split.held_out) > 0).all()
        for members in (np.ones(n, bool), event, ~event):
            sizes = [members[split.held_out].sum() for split in parts]
            assert max(sizes) - min(sizes) <= 1
        # Follow-up is balanced too: the early third of the events is spread over the folds.
        early = event & (time < np.quantile(time[event], 1 / 3))
        sizes = [early[split.held_out].sum() for split in parts]
        assert max(sizes) - min(sizes) <= 2


def test_seed_decides_and_further_repeats_change_nothing() -> None:
    time, event = follow_up(100)
    one = make_splits(time, event, folds=4, repeats=1, seed=1)
    more = make_splits(time, event, folds=4, repeats=3, seed=1)
    other = make_splits(time, event, folds=4, repeats=1, seed=2)
    for a, b in zip(one, more, strict=False):
        np.testing.assert_array_equal(a.held_out, b.held_out)
    assert any(not np.array_equal(a.held_out, b.held_out) for a, b in zip(one, other, strict=True))
    assert any(not np.array_equal(a.held_out, b.held_out) for a, b in zip(more[1:5], more[5:9], strict=True))


def test_seed_is_frozen() -> None:
    time, event = np.arange(1.0, 13.0), np.array([1, 0] * 6)
    splits = make_splits(time, event, folds=3, repeats=1, seed=0)
    assert [split.held_out.tolist() for split in splits[1:]] == [[2, 3, 8, 9], [6, 7, 10, 11], [0, 1, 4, 5]]


def test_table_round_trip_and_order() -> None:
    time, event = follow_up(50)
    patients = [f"{i:03d}" for i in range(50)]
    splits = make_splits(time, event, folds=3, repeats=2, seed=0)
    table = splits_table(splits, patients)
    assert list(table) == ["split", "patient", "role"]
    assert len(table) == 7 * 50
    assert (table.loc[table["split"] == "full", "role"] == "train").all()
    for back in (splits_from_table(table, patients), splits_from_table(table.iloc[::-1], patients)[::-1]):
        assert [split.name for split in back] == [split.name for split in splits]
        for a, b in zip(splits, back, strict=True):
            np.testing.assert_array_equal(a.train, b.train)
            np.testing.assert_array_equal(a.held_out, b.held_out)


def test_table_of_other_patients_is_refused() -> None:
    time, event = follow_up(50)
    patients = [f"P{i}" for i in range(50)]
    table = splits_table(make_splits(time, event, folds=2, repeats=1, seed=0), patients)
    with pytest.raises(DataError) as error:
        splits_from_table(table, [*patients[:-1], "P99"])
    assert str(error.value) == (
        "split 'full' does not list the 50 patients of the cohort, each once: it has 50 rows, 1 of unknown patients. "
        "Remove splits.tsv and run again."
    )
    with pytest.raises(DataError, match="split 'full' has the role 'test'; allowed are train and held_out"):
        splits_from_table(table.replace({"role": {"train": "test"}}), patients)
    with pytest.raises(DataError, match="splits.tsv has 0 splits and lacks 'full'"):
        splits_from_table(table.iloc[:0], patients)


def test_too_few_events_are_refused() -> None:
    with pytest.raises(DataError) as error:
        make_splits(np.arange(1.0, 41.0), np.arange(40) < 9, folds=5, repeats=1, seed=0)
    assert str(error.value) == (
        "evaluation.folds is 5, and the cohort has 9 events. Each fold needs at least 2: use at most 4 folds."
    )
