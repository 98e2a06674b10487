"""All cohorts in one table and one figure."""

from __future__ import annotations

import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from stratomics import runtime
from stratomics.evaluation.cohorts import COHORTS_COLUMNS, cohorts_table
from stratomics.evaluation.declared import COHORTS
from stratomics.evaluation.evidence import columns_shown_in
from stratomics.evaluation.findings import CODES
from stratomics.outcomes import partial_files, write_partial
from stratomics.plots.cohorts import cohorts_figure_table, draw_cohorts
from stratomics.plots.style import house_style
from stratomics.tables import read_table, write_table

SCRIPTS = Path(__file__).parents[2] / "scripts"


def one_cohort(seed: int, embeddings: list[str], *, clinic: bool = True) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the leaderboard and the verdicts of an invented cohort, with the columns that are read."""
    rng = np.random.default_rng(seed)
    codes = ["separates", "no_evidence", "underpowered"]
    rows = []
    for place, name in enumerate(embeddings):
        c = 0.5 + 0.2 * rng.random()
        codes_of_row = (codes[place % 3], "undetermined", "moderate")
        rows.append((name, "embedding", 2 + place % 2, c, c - 0.05, c + 0.05, 0.01, 0.02, *codes_of_row))
    if clinic:
        rows.append(("clinical", "comparator", pd.NA, 0.61, 0.5, 0.7, np.nan, np.nan, np.nan, np.nan, np.nan))
    columns = ["method", "kind", "n_subtypes", "heldout_cindex", "heldout_cindex_low", "heldout_cindex_high"]
    columns += ["permutation_p", "permutation_p_adjusted", "separation", "added_value", "stability"]
    leaderboard = pd.DataFrame(rows, columns=columns).astype({"n_subtypes": "Int64"})
    others = [column for column in columns_shown_in(COHORTS) + CODES if column not in columns]
    leaderboard[others] = np.nan
    verdicts = pd.DataFrame({"embedding": embeddings, "n": 100 + seed, "events": 30 + seed})
    return leaderboard, verdicts


def many(count: int, embeddings: list[str]) -> pd.DataFrame:
    made = {f"C{i:02d}": one_cohort(i, embeddings, clinic=i % 2 == 0) for i in range(count)}
    return cohorts_table({name: own[0] for name, own in made.items()}, {name: own[1] for name, own in made.items()})


def test_one_row_per_cohort_and_embedding_in_the_order_of_the_config():
    b, a = one_cohort(1, ["vae", "ae"]), one_cohort(2, ["vae", "ae"], clinic=False)
    table = cohorts_table({"b": b[0], "a": a[0]}, {"b": b[1], "a": a[1]})
    assert list(table.columns) == COHORTS_COLUMNS
    assert list(zip(table["cohort"], table["embedding"], strict=True)) == [(c, e) for c in "ba" for e in ("vae", "ae")]
    assert list(table["patients"]) == [101, 101, 102, 102]
    assert list(table["events"]) == [31, 31, 32, 32]
    assert list(table["clinical_cindex"].fillna(-1)) == [0.61, 0.61, -1, -1]
    assert list(table["separation"]) == ["separates", "no_evidence"] * 2
    assert list(table["n_subtypes"]) == [2, 3, 2, 3]
    assert table["heldout_cindex"].iloc[0] == b[0]["heldout_cindex"].iloc[0]


@pytest.mark.parametrize(("count", "embeddings"), [(2, 1), (12, 3), (33, 3), (3, 8)])
def test_the_figure_holds_every_row_and_nothing_collides(count, embeddings):
    table = cohorts_figure_table(many(count, [f"embedding{i}" for i in range(embeddings)]))
    figure = draw_cohorts(table)
    with house_style():
        figure.canvas.draw()
        page = figure.bbox
        boxes = [
            (text.get_text(), text.get_window_extent()) for text in figure.findobj(Text) if text.get_text().strip()
        ]
        placed = [(text.get_text(), text.get_window_extent()) for text in figure.texts]
    words = [text for text, _ in boxes]
    assert set(table["cohort"]) <= set(words)
    assert words.count("separates") == table["separates"].sum()
    assert f"{count} cohorts: do the subtypes hold in patients they never saw?" in words
    for text, box in boxes:
        assert 0 <= box.x0 < box.x1 <= page.width, text
        assert 0 <= box.y0 < box.y1 <= page.height, text
    for place, (text, box) in enumerate(placed):
        for other, another in placed[place + 1 :]:
            inside = another.padded(-2)
            assert not box.padded(-2).overlaps(inside), (text, other)


def test_filled_marks_separate_open_ones_do_not_and_what_does_not_exist_is_not_drawn():
    table = cohorts_figure_table(many(2, ["ae", "vae"]))
    table.loc[1, ["heldout_cindex", "heldout_cindex_low", "heldout_cindex_high"]] = np.nan
    figure = draw_cohorts(table, of=3)
    faces = [line.get_markerfacecolor() != "white" for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert faces == list(table["separates"]) == [True, False, True, False]
    words = [text.get_text() for text in figure.texts]
    assert words[0].startswith("2 of 3 cohorts (the others did not finish)")
    assert "n/a" in words


def test_a_figure_without_any_concordance_can_be_drawn():
    table = cohorts_figure_table(many(2, ["ae"]))
    table[[column for column in table if "cindex" in column]] = np.nan
    table["permutation_p_adjusted"] = np.nan
    draw_cohorts(table).canvas.draw()


def run_script(rule: str, monkeypatch, folder: Path, **parts) -> None:
    given = SimpleNamespace(log=[str(folder / f"{rule}.log")], **parts)
    monkeypatch.setattr(runtime.signal, "signal", lambda *_: None)
    runpy.run_path(str(SCRIPTS / f"{rule}.py"), init_globals={"snakemake": given})


class Files(dict):
    """Named inputs, as Snakemake gives them: by key and by attribute."""

    __getattr__ = dict.__getitem__


def test_the_scripts_write_table_and_figure_and_the_same_bytes_again(tmp_path, monkeypatch):
    names = ["b", "a"]
    for seed, name in enumerate(names):
        for kind, table in zip(("leaderboard", "verdicts"), one_cohort(seed, ["ae", "vae"]), strict=True):
            write_table(table, tmp_path / name / f"{kind}.tsv")
    given = Files(
        leaderboard=[tmp_path / name / "leaderboard.tsv" for name in names],
        verdicts=[tmp_path / name / "verdicts.tsv" for name in names],
    )
    cohorts = tmp_path / "cohorts.tsv"
    run_script(
        "compare_cohorts",
        monkeypatch,
        tmp_path,
        input=given,
        output=Files(cohorts=cohorts),
        params=SimpleNamespace(cohorts=names),
    )
    table = read_table(cohorts)
    assert list(table["cohort"]) == ["b", "b", "a", "a"]
    assert "NA" not in table["separation"].tolist()
    written = []
    for run in ("one", "two"):
        files = Files(table=tmp_path / run / "c.tsv", png=tmp_path / run / "c.png", svg=tmp_path / run / "c.svg")
        run_script("plot_cohorts", monkeypatch, tmp_path, input=Files(cohorts=cohorts), output=files)
        written.append([path.read_bytes() for path in files.values()])
    assert written[0] == written[1]
    assert read_table(tmp_path / "one" / "c.tsv")["separates"].tolist() == [True, False, True, False]

    # A run of which one cohort failed, and one had no leaderboard asked for.
    assert write_partial(["b", "checked_only"], tmp_path, of=3) == ["b"]
    assert all(path.stat().st_size > 0 for path in partial_files(tmp_path))
    assert list(read_table(partial_files(tmp_path)[0])["cohort"]) == ["b", "b"]
    assert write_partial(["checked_only"], tmp_path, of=3) == []
