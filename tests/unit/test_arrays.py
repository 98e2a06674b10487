"""What arrays may be: declared by every method of what it really writes, and told from what they may not be."""

from __future__ import annotations

import re

import numpy as np
import pytest

from stratomics.arrays import Array, array_faults, within
from stratomics.classifier.methods import find_method as find_classifier
from stratomics.classifier.methods import method_names as classifier_names
from stratomics.subtypes.methods import find_method as find_clustering
from stratomics.subtypes.methods import method_names as clustering_names


def points(k: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    y = np.arange(30) % k
    return rng.normal(size=(30, 4)) + 3.0 * y[:, None], y


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("name", classifier_names())
def test_a_classifier_declares_what_it_writes(name, k):
    method, (x, y) = find_classifier(name), points(k)
    for setting in method.SETTINGS:
        sizes = {"K": (k, "the test"), "D": (1 if k == 2 else k, "the test"), "_m": (4, "the test")}
        assert array_faults(method.fit(x, y, k, setting), method.declared(setting), sizes) == []


@pytest.mark.parametrize("name", clustering_names())
def test_a_clustering_declares_what_it_writes(name):
    method, (x, _) = find_clustering(name), points(3)
    arrays = method.fit(x - x.mean(axis=0), 3, 1, 4)
    assert array_faults(arrays, method.ARRAYS, {"K": (3, "the test"), "l": (4, "the test")}) == []


PLAIN = Array("float64", ("K", "_m"), "numbers")


@pytest.mark.parametrize(
    ("declared", "array", "said"),
    [
        (PLAIN, np.zeros((3, 2)), r"found shape \[3, 2\]; allowed is \[K, m\] with K = 2 by the test"),
        (PLAIN, np.zeros(2), r"found shape \[2\]; allowed is \[K, m\]"),
        (PLAIN, np.zeros((2, 2), dtype=np.float32), "found float32 values; allowed are float64"),
        (PLAIN, np.array([[1.0, np.nan], [1.0, 1.0]]), "found 1 NaN of 4 values"),
        (PLAIN, np.array([[1.0, np.inf], [1.0, 1.0]]), "found 1 infinite of 4 values"),
        (Array("float64", ("K-1",), ""), np.zeros(2), r"allowed is \[K-1\] with K = 2"),
        (Array("float64", (3,), ""), np.zeros(2), r"found shape \[2\]; allowed is \[3\]"),
        (Array("float64", ("K",), "", low=0.0), np.array([-1.0, 0.0]), "found -1; allowed is 0 at least"),
        (Array("float64", ("K",), "", high=1.0), np.array([2.0, 0.0]), "found 2; allowed is 1 at most"),
        (Array("float64", ("K",), "", positive=True), np.zeros(2), "found 0; allowed are values above 0"),
        (
            Array("int64", ("_m",), "", below="K"),
            np.array([0, 2]),
            "found the position 2; allowed are 0 to 1 by the test",
        ),
        (
            Array("float64", ("K",), "", rising=0),
            np.array([2.0, 1.0]),
            "found values that fall along the first dimension",
        ),
        (Array("float64", (1, "K"), "", falling=1), np.array([[1.0, 2.0]]), "that rise along the second dimension"),
    ],
)
def test_what_may_not_be_is_said(declared, array, said):
    (fault,) = array_faults({"a": array}, {"a": declared}, {"K": (2, "the test")})
    assert fault.startswith("array a: ")
    assert re.search(said, fault)


def test_what_may_be_passes():
    allowed = Array("float64", ("K",), "", rising=0, missing=True, infinite=True, low=0.0)
    for values in ([0.0, 0.0], [0.0, np.inf], [np.nan, 1.0]):
        assert array_faults({"a": np.array(values)}, {"a": allowed}, {"K": (2, "the test")}) == []
    assert array_faults({}, {}, {}) == []
    empty = Array("float64", ("_none", "K"), "", positive=True, rising=0)
    assert array_faults({"a": np.zeros((0, 2))}, {"a": empty}, {"K": (2, "the test")}) == []


def test_a_letter_is_as_large_in_all_parts_unless_it_is_of_one():
    declared = {"a": Array("float64", ("T", "_m"), ""), "b": Array("float64", ("_m",), "")}
    sizes: dict[str, tuple[int, str]] = {}
    assert array_faults({"a": np.zeros((3, 2)), "b": np.zeros(2)}, declared, sizes) == []
    assert sizes == {"T": (3, "an array before it")}
    (fault,) = array_faults({"a": np.zeros((3, 2)), "b": np.zeros(4)}, declared, {})
    assert "array b: found shape [4]" in fault
    two = {**within("x", declared, 0), **within("y", declared, 1)}
    arrays = {"x/a": np.zeros((3, 2)), "x/b": np.zeros(2), "y/a": np.zeros((3, 5)), "y/b": np.zeros(5)}
    assert array_faults(arrays, two, {}) == []


def test_what_is_absent_or_not_known_is_named():
    assert array_faults({"b": np.zeros((2, 1))}, {"a": PLAIN}, {"K": (2, "the test")}) == [
        "array a: not there; wanted is numbers",
        "array b: not known; known here are a",
    ]
