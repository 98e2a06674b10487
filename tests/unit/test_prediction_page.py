"""The page of a prediction: every number is that of its table, the answer comes first, patients are named where they must be."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.browser import needs_chromium
from tests.pages import Page, fault, loose_numbers
from tests.unit.test_prediction_files import EVALUATION, write
from tests.unit.test_report import ELEMENTS, look

from stratomics.prediction.run import run_prediction

EVIL = "<img src=x onerror=1>{{7*7}}"
#: Numbers that define a word or a rule.
DEFINED = {"0", "1", "5", "25", "50", "75", "95", "365", "1825", "0.1"}


def home_worth(model):
    """A model whose card knows what some subsets of the omics are worth."""
    figures = {"agreement": [0.91, 0.85, 0.95], "cindex": [0.66, 0.6, None]}
    subsets = [{"omics": own, **figures} for own in (["mrna", "mirna", "meth"], ["mirna", "meth"])]
    return replace(model, description={**model.description, "subsets": subsets})


@pytest.fixture(scope="module")
def folder(world, tmp_path_factory) -> Path:
    """A table in other units, one under other names, patients who lack omics, one with none, and a hostile name."""
    made = tmp_path_factory.mktemp("page")
    frames = {name: table.rename_axis("patient") for name, table in world.tables.items()}
    ids = frames["mrna"].index
    frames["mrna"] = frames["mrna"].drop(index=ids[:5]).rename(columns=str.upper).assign(**{EVIL: 1.0})
    frames["mirna"] = frames["mirna"].drop(columns=frames["mirna"].columns[:9]) * 1000
    frames["meth"] = frames["meth"].drop(index=ids[3:9])
    frames["meth"].loc["nobody"] = np.nan
    age = np.random.default_rng(0).normal(60, 9, len(ids)).round()
    frames["clinical"] = world.follow_up.rename_axis("patient").assign(age=age)
    frames = {name: table.rename(index={ids[10]: EVIL}) for name, table in frames.items()}
    entry = write(frames, made)
    entry["clinical"]["covariates"] = ["age"]
    model = home_worth(world.model)
    run_prediction(entry, model, EVALUATION, seed=0).write(made / "out", "hospital", model)
    return made / "out"


@pytest.fixture(scope="module")
def page(folder) -> Page:
    return Page((folder / "report.html").read_text(encoding="utf-8"))


def section(folder: Path, key: str) -> str:
    text = (folder / "report.html").read_text(encoding="utf-8")
    return text.split(f'<section id="{key}"')[1].split("</section>")[0]


def test_every_number_is_that_of_its_table(folder, page):
    assert len([one for one in page.shown if one.sort == "number"]) > 300
    assert [one for one in page.shown if one.sort != "answer" and fault(one, folder)] == []
    assert loose_numbers(page).keys() <= DEFINED
    # And the test can fail.
    one = next(one for one in page.shown if one.sort == "number" and one.source.startswith("predictions.tsv"))
    assert fault(replace(one, text=f"{float(one.text) + 0.01:.2f}"), folder)


def test_the_answer_comes_first_and_the_sections_are_all_there(folder, page):
    assert next(one for one in page.shown if one.sort == "said").source == "verdict.tsv:1:sentence"
    assert [one.text for one in page.shown if one.sort == "answer"][:2] == ["yes", "yes"]
    ids = [known["id"] for tag, known in page.elements if tag == "section"]
    assert ids == [
        *("who", "risk", "survival", "held", "patients", "omics", "matching", "shift", "warnings", "limits", "model")
    ]
    drawn = [known for tag, known in page.elements if tag == "svg"]
    assert len(drawn) == 2
    assert len([1 for tag, known in page.elements if tag == "a" and "download" in known]) == 2
    assert "0.66" in section(folder, "held"), "what it was at home stands beside"


def test_tables_and_patients_are_named_where_they_are_in_doubt(folder, page):
    opening = (folder / "report.html").read_text(encoding="utf-8").split("<nav")[0]
    assert 'role="note"' in opening
    assert "Mind: the tables of" in opening
    assert ">mirna<" in opening
    assert "nobody" in section(folder, "warnings")
    assert "would lie near if it were divided by 1000" in section(folder, "warnings")
    assert "under another name" in section(folder, "matching")
    table = pd.read_csv(folder / "predictions.tsv", sep="\t")
    shown = section(folder, "patients")
    assert all(str(patient) in shown for patient in table["patient"] if patient != EVIL)
    assert {tag for tag, _ in page.elements} <= ELEMENTS, "names are text"
    assert sum(one.text.count(EVIL) for one in page.shown) >= 2


def test_the_summary_says_the_same(folder, page):
    """Two renderers of one document: every number of the page stands in the summary too, but for the figures."""
    summary = (folder / "summary.md").read_text(encoding="utf-8")
    assert all(one.text in summary for one in page.shown if one.sort == "number")
    assert "<img" not in summary


def test_few_patients_without_follow_up_have_a_page_that_says_who_is_what(world, tmp_path):
    frames = {name: table.rename_axis("patient").iloc[:3] for name, table in world.tables.items()}
    run_prediction(write(frames, tmp_path), world.model, EVALUATION, seed=0).write(tmp_path, "few", world.model)
    content = (tmp_path / "report.html").read_text(encoding="utf-8")
    page = Page(content)
    assert [one for one in page.shown if fault(one, tmp_path)] == []
    first = content.split("<h1>")[1]
    assert first.index("in subtype") < first.index("Not judged")
    assert '<section id="held"' not in content


@needs_chromium
def test_a_browser_finds_no_fault(folder, tmp_path):
    shutil.copy(folder / "report.html", tmp_path)
    told, asked, console, axe = look(tmp_path / "report.html", tmp_path, 500, True)
    assert (told["over"], told["hidden"], told["faults"], told["fault"]) == (0, 0, [], None)
    assert asked == ["/looked.html"]
    assert console == []
    if not axe:
        pytest.skip("all but accessibility: axe-core-python is not installed")
