"""The page of a cohort: every number is that of its table, names of the user are text, nothing runs and nothing is fetched."""

from __future__ import annotations

import base64
import gzip
import importlib.util
import re
from pathlib import Path

import pandas as pd
import pytest
from tests.browser import needs_chromium, told_by
from tests.made_up import CHECKS, EMBEDDINGS, cohort_tables, run_report, settings
from tests.pages import Page, fault, loose_numbers

from stratomics.report.answers import QUESTIONS
from stratomics.report.cohorts import cohorts_report
from stratomics.report.document import Code, Emphasis, Name, Paragraph, Strong, prose
from stratomics.report.figures import Figures, figure_files
from stratomics.report.html import document_html
from stratomics.report.markdown import text_markdown
from stratomics.report.methods import methods
from stratomics.report.results import TABLES, read_results
from stratomics.report.sheet import Sheet
from stratomics.report.svg import page_svg

RUN = "document.title='it ran'"
EVIL = f"</style></svg><script>{RUN}</script><img src=x onerror={RUN}>\"'&--><b>{{{{7*7}}}}"
#: Numbers that define a word or a rule, and days of the config.
DEFINED = {"0", "0.05", "0.5", "1", "5", "95", "31", "500", "300", "17", "256", "365", "1095", "0.1"}
ELEMENTS = {
    *("html", "head", "meta", "title", "link", "style", "body", "header", "nav", "main", "footer", "section"),
    *("h1", "h2", "h3", "p", "a", "ol", "ul", "li", "div", "span", "em", "strong", "code", "pre"),
    *("table", "thead", "tbody", "tr", "th", "td", "figure", "figcaption"),
    *("svg", "g", "defs", "path", "use", "text", "image", "clippath", "rect"),
}


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Path:
    """The page of a cohort in which whatever a user may name is hostile."""
    warning = pd.DataFrame([CHECKS.iloc[1].to_dict() | {"id": EVIL, "message": f"{EVIL} is odd"}])
    checks = pd.concat([CHECKS, warning])
    folder = tmp_path_factory.mktemp("report")
    return run_report(folder, covariate=EVIL, checks=checks, feature=EVIL, title=EVIL)


@pytest.fixture(scope="module")
def page(report) -> Page:
    return Page(report.read_text(encoding="utf-8"))


def test_every_number_is_that_of_its_table(report, page):
    assert len([one for one in page.shown if one.sort == "number"]) > 200
    assert {"number", "said", "name", "answer"} == {one.sort for one in page.shown}
    faults = [fault(one, report.parent) for one in page.shown if one.sort != "answer"]
    assert [one for one in faults if one] == []
    assert loose_numbers(page).keys() <= DEFINED


def test_a_wrong_number_would_be_found(report, page):
    """The test above can fail: one more in the last digit of any number is a fault."""
    for one in page.shown:
        if one.sort == "number" and re.fullmatch(r"[+-]?\d+\.\d+", one.text):
            digits = len(one.text.partition(".")[2])
            one.text, true = f"{float(one.text) + 10**-digits:.{digits}f}", one.text
            assert fault(one, report.parent), one
            one.text = true


def test_answers_are_those_of_the_codes(report, page):
    verdicts = pd.read_csv(report.parent / "verdicts.tsv", sep="\t")
    answers = [one for one in page.shown if one.sort == "answer"]
    assert len(answers) == 4 * len(EMBEDDINGS)
    for one in answers:
        _, row, part = one.source.split(":")
        assert one.text == QUESTIONS[part][1][verdicts.loc[int(row) - 1, part]][0]


def test_the_verdict_comes_first_and_what_was_read_holds_unknown_figures(report, page):
    text = [piece for _, piece in page.free] + [one.text for one in page.shown]
    assert any("The subtypes of " in piece for piece in text)
    ids = [known["id"] for tag, known in page.elements if tag == "section"]
    assert ids == [
        *("separation", "who", "risk", "clinic", "simpler", "null", "stability", "drivers"),
        *("words", "limits", "read", "methods", "origin"),
    ], "the networks have no figure here, so no section"
    content = report.read_text(encoding="utf-8")
    read = content.split('<section id="read"')[1].split("</section>")[0]
    assert "values (made_up)." in read
    assert "<code>figures/sketch.tsv</code>" in read, "its rows are patients"
    assert "P1" not in read
    assert content.index('<section id="separation"') < content.index("Survival by subtype, ")


def test_tables_of_figures_lie_within_the_page(report, page):
    addresses = [known for tag, known in page.elements if tag == "a" and "download" in known]
    assert [one["download"] for one in addresses] == [f"made_up_{e}_kaplan_meier.tsv.gz" for e in EMBEDDINGS]
    for one, embedding in zip(addresses, EMBEDDINGS, strict=True):
        content = base64.b64decode(str(one["href"]).removeprefix("data:application/gzip;base64,"))
        assert gzip.decompress(content) == (report.parent / embedding / "figures" / "kaplan_meier.tsv").read_bytes()


def test_names_of_the_user_are_text(report, page):
    assert {tag for tag, _ in page.elements} <= ELEMENTS
    for tag, known in page.elements:
        assert not [name for name in known if name.startswith("on") or name in ("srcdoc", "action", "src")], tag
        assert str(known.get("href", "#")).startswith(("#", "data:")), tag
    assert sum(one.text.count(EVIL) for one in page.shown) > 3
    drawn = [known for tag, known in page.elements if tag == "svg"]
    assert len(drawn) == 3
    assert all(known["role"] == "img" and known["aria-label"] for known in drawn)
    assert report.read_text(encoding="utf-8").count("{{7*7}}") > 3
    assert len(page.ids) == len(set(page.ids)), "drawings share no id"


def test_a_bare_run_of_few_events_has_a_page_that_says_so(tmp_path):
    options = {"permutations": 0, "comparators": False, "covariates": False, "events": 18}
    content = run_report(tmp_path, **options).read_text(encoding="utf-8")
    page = Page(content)
    assert [one for one in page.shown if one.sort != "answer" and fault(one, tmp_path)] == []
    assert 'role="note">Only <span class="number"' in content
    assert "too few events to tell" in content
    assert "No comparator was configured" in content
    assert "no clinical covariates" in content
    assert '<section id="null"' not in content


def test_drawings_keep_what_draws_and_nothing_else(tmp_path):
    drawing = tmp_path / "a.svg"
    drawing.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9pt" viewBox="0 0 9 9"'
        ' onload="a()"><script>a()</script><style>*{fill:red}</style><foreignObject><p/></foreignObject><!-- a -->'
        '<defs><path id="m" d="M 0.123456 -3\nL 1 2"/><path id="unused" d="M 0 0"/></defs>'
        '<g id="one"><g><use xlink:href="#m" x="1.23456" style="fill: #fff; opacity: .5"/></g>'
        '<g><use xlink:href="#m" style="fill: #fff"/></g></g>'
        '<a href="javascript:a()"><text>x</text></a><image href="https://example.org/a.png"/>'
        "<text style=\"font-size: 6px; font-family: 'DejaVu Sans', sans-serif; fill: #222\">a &lt;b&gt;</text></svg>"
    )
    assert page_svg(drawing, "p-", 'what "it" shows') == (
        '<svg viewBox="0 0 9 9" role="img" aria-label="what &quot;it&quot; shows">'
        '<defs><path d="M0.12-3L1 2" id="p-m" /><path d="M0 0" /></defs>'
        '<g style="fill:#fff"><use href="#p-m" x="1.23" style="opacity:.5" /><use href="#p-m" /></g>'
        '<image /><text style="font-size:6px;fill:#222">a &lt;b&gt;</text></svg>'
    )


def test_what_is_put_into_prose_is_no_markup():
    text = prose("*a* **{name}** `c` {name}", name=Name("*x* {y}"))
    assert text == (
        *(Emphasis(("a",)), " ", Strong((Name("*x* {y}"),)), " ", Code("c"), " "),
        Name("*x* {y}"),
    )
    assert text_markdown(text) == r"*a* **\*x\* {y}** `c` \*x\* {y}"


@pytest.fixture(scope="module")
def cohort(report):
    """The tables of the page, and what made them."""
    given = cohort_tables(report.parent, covariate="age")
    given |= {name: str(report.parent / f"{name}.tsv") for name in ("leaderboard", "verdicts")}
    own, known = settings()
    packages = dict.fromkeys(("torch", "scikit-learn", "scikit-survival", "snakemake"), "1")
    made = {"cohort": own, "stratomics": "1", "packages": packages}
    paths = {name: given[name] for name in TABLES}
    return lambda change: (read_results("c", change(known) or known, EMBEDDINGS, paths), made)


@pytest.mark.parametrize(
    ("part", "key", "value", "said"),
    [
        ("subtypes", "n_subtypes", 3, "the number of subtypes was set to 3"),
        ("subtypes", "method", "gaussian_mixture", "clustered by a Gaussian mixture"),
        ("preprocess", "impute", "knn", "the mean of the 10 nearest patients"),
        ("selection", "correction", "bh", "Wald p below 0.05 after Benjamini-Hochberg"),
        ("classifier", "predictors", "features", "on the omics features"),
        ("risk", "method", "subtype", "the continuous risk was that of the subtypes"),
        ("evaluation", "permutations", 0, "Stability was judged on 100 subsamples of 80 % of the patients"),
    ],
)
def test_the_methods_follow_the_settings(cohort, part, key, value, said):
    def text(change):
        paragraphs = [block for block in methods(*cohort(change)) if isinstance(block, Paragraph)]
        return " ".join(text_markdown(block.text) for block in paragraphs)

    changed = text(lambda known: {**known, part: {**known[part], key: value}})
    assert said in changed
    assert changed != text(lambda known: None)
    assert ("permutations of follow-up" in changed) == (key != "permutations")


def test_the_page_across_cohorts_counts_cohorts_and_links_to_theirs(report, tmp_path):
    rows = pd.DataFrame(
        [
            *(("a", 90, 30, "vae", "separates", "adds"), ("a", 90, 30, "ae", "separates", "undetermined")),
            ("b", 80, 20, "vae", "no_evidence", "no_added_value"),
        ],
        columns=["cohort", "patients", "events", "embedding", "separation", "added_value"],
    )
    numbers = ["heldout_cindex", "heldout_cindex_subtype"]
    numbers = [f"{name}{end}" for name in numbers for end in ("", "_low", "_high")]
    numbers += ["clinical_cindex", "permutation_p", "permutation_p_adjusted"]
    rows = rows.assign(**{name: 0.5 + place / 100 for place, name in enumerate(numbers)})
    rows.to_csv(tmp_path / "cohorts.tsv", sep="\t", index=False)
    one = {"name": "cohorts", "item": "figure", "category": "0 All cohorts", "embedding": ""}
    svg = report.parent / "figures" / "sketch.svg"
    text = document_html(
        cohorts_report(
            Sheet("cohorts.tsv", rows), Figures(figure_files([one], [svg], [tmp_path / "cohorts.tsv"]), "all")
        )
    )
    page = Page(text)
    assert [known["href"] for tag, known in page.elements if tag == "a" and str(known["href"]).endswith("html")] == [
        *("a/report.html", "a/report.html", "b/report.html")
    ]
    assert [one.text for one in page.shown[:3]] == ["1", "2", "1"]
    assert [one for one in page.shown if one.sort != "answer" and fault(one, tmp_path)] == []


#: Tells what is wrong with the page, by axe-core if there is one, once it is drawn.
LOOK = """
<script>
window.addEventListener("load", async () => {
  const told = {
    title: document.title,
    dark: matchMedia("(prefers-color-scheme: dark)").matches,
    over: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    hidden: 0, faults: [], fault: null,
  };
  try {
    for (const svg of document.querySelectorAll("svg")) {
      const box = svg.getBBox();
      if (!(box.width > 50 && box.height > 30)) told.hidden += 1;
    }
    if (window.axe)
      for (const rule of (await axe.run(document, {resultTypes: ["violations"]})).violations)
        told.faults.push(rule.id + ": " + rule.nodes[0].html);
  } catch (fault) { told.fault = String(fault); }
  fetch("/found", {method: "POST", body: JSON.stringify(told)});
});
</script>
"""


def look(report: Path, folder: Path, width: int, dark: bool):
    """Open a page in Chromium, with axe-core where it is installed; what it finds, and whether axe-core was there."""
    axe = importlib.util.find_spec("axe_core_python")
    script = ""
    if axe and axe.submodule_search_locations:
        script = (Path(axe.submodule_search_locations[0]) / "axe.min.js").read_text(encoding="utf-8")
    content = report.read_text(encoding="utf-8")
    policy = re.search(r'<meta http-equiv="Content-Security-Policy"[^>]*>', content)
    assert policy
    looked = folder / "looked.html"
    looked.write_text(content.replace(policy[0], "") + f"<script>{script}</script>{LOOK}", encoding="utf-8")
    scheme = f"--blink-settings=preferredColorScheme={0 if dark else 1}"
    return *told_by(looked, folder, f"--window-size={width},900", scheme), bool(script)


@needs_chromium
@pytest.mark.parametrize(("width", "dark"), [(1280, False), (500, True)])  # no window is narrower
def test_a_browser_finds_no_fault_asks_for_nothing_and_runs_nothing(report, tmp_path, width, dark):
    """With axe-core where it is installed (pip install axe-core-python): contrast, names, headings, keyboard."""
    told, asked, console, axe = look(report, tmp_path, width, dark)
    assert told == {
        "title": "made_up: do the subtypes foretell survival?",
        "dark": dark,
        "over": 0,
        "hidden": 0,
        "faults": [],
        "fault": None,
    }
    assert asked == ["/looked.html"]
    assert console == []
    if not axe:
        pytest.skip("all but accessibility: axe-core-python is not installed")
