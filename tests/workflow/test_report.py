"""The report of Snakemake embeds names of the user in a page: they are shown there, and none of them runs.

The report is made of empty results: what it says of rules, params and captions does not depend on them.
"""

from __future__ import annotations

import re
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from tests.browser import needs_chromium, told_by

RUN = "document.title='it ran'"
#: Each would end the element that it stands in, if it were copied as it is: of HTML, of a script, of a caption.
EVIL = [
    f"</script><img src=x onerror={RUN}>",
    f"</SCRIPT ><svg/onload={RUN}>",
    "<!--<script>",
    f'"></span><iframe srcdoc="<script>parent.{RUN}</script>">',
    f"``a`` `click <javascript:{RUN}>`_",
    f"a\n\n.. raw:: html\n\n   <img src=x onerror={RUN}>\n\n",
    f'{{{{ 7 * 7 }}}} \\");{RUN};//',
]

#: Opens every page there is, then tells the server what it found.
WALK = """
<script>
window.addEventListener("load", async () => {
  const pause = time => new Promise(done => setTimeout(done, time));
  const links = new Set();
  const found = {pages: 0, handlers: 0, fault: null};
  const open = async view => {
    app.setView(view);
    found.pages += 1;
    await pause(20);
    document.querySelectorAll("a[href]").forEach(link => links.add(link.getAttribute("href")));
    found.handlers += document.querySelectorAll("[onerror], [onload], [srcdoc]").length;
  };
  try {
    await pause(500);
    for (const content of ["rulegraph", "stats"]) await open({content});
    for (const category in categories)
      for (const subcategory in categories[category]) await open({navbarMode: "subcategory", category, subcategory});
    for (const resultPath in results) await open({navbarMode: "resultinfo", resultPath});
    for (const ruleinfo in rules) await open({navbarMode: "ruleinfo", ruleinfo});
    for (const navbarMode of ["menu", "reportinfo"]) await open({navbarMode});
    await open({navbarMode: "searchresults", searchTerm: "o"});
    await pause(500);
  } catch (fault) { found.fault = String(fault); }
  fetch("/found", {method: "POST", body: JSON.stringify({...found, title: document.title, links: [...links]})});
});
</script>
"""


class Tags(HTMLParser):
    """Collects the elements of a page as a browser makes them: the text of a script ends at the first ``</script``."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.made: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.made.append((tag, dict(attributes)))


@pytest.fixture(scope="module")
def report(snakemake, tmp_path_factory) -> Path:
    """Make the report of a cohort whose every name in the config is hostile; give back its page."""
    folder = tmp_path_factory.mktemp("report")
    tables = {"omics": "</script>.tsv", "clinical": "cli<nical.tsv"}
    (folder / "<").mkdir()
    (folder / "<" / "script>.tsv").write_text("x")
    (folder / "cli<nical.tsv").write_text("x")
    clinical = {
        "path": tables["clinical"],
        **{key: f"{key}{EVIL[0]}" for key in ("patient", "time", "event")},
        "covariates": EVIL,
        "annotations": [f"annotation {name}" for name in EVIL],
        "exclude": {EVIL[0]: EVIL},
        "event_codes": {"event": [EVIL[0]], "censored": [EVIL[1]]},
    }
    omics = [{"name": "mrna", "path": tables["omics"], "batch": EVIL[0]}]
    config = folder / "evil.yaml"
    config.write_text(
        yaml.safe_dump({"cohorts": [{"name": "c", "omics": omics, "clinical": clinical}], "embeddings": ["ae"]})
    )
    to = ("--configfile", config, "--directory", folder)
    listed = snakemake("--summary", *to).stdout.splitlines()[1:]
    for line in listed:
        path = folder / line.split("\t")[0]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert len(listed) > 60
    snakemake("--report", folder / "report.zip", *to)
    zipfile.ZipFile(folder / "report.zip").extractall(folder)
    return folder / "report" / "report.html"


def test_the_page_holds_no_element_of_the_user(report):
    page = report.read_text(encoding="utf-8")
    assert r"\\x3c/script>\\x3cimg src=x onerror=" in page  # the names are there, as text of the params
    made = Tags(page).made
    assert {tag for tag, _ in made} <= {"html", "head", "meta", "title", "script", "style", "body", "div", "p", "a"}
    assert not [attributes for _, attributes in made if any(name.startswith("on") for name in attributes)]


def test_descriptions_hold_no_text_of_the_user(report):
    """Captions become HTML by way of reStructuredText, where a name could be more than text."""
    page = report.read_text(encoding="utf-8")
    captions = re.findall(r'"caption": "((?:[^"\\]|\\.)*)"', page)
    assert len(captions) > 15
    assert not [one for one in captions if "it ran" in one or "7 * 7" in one or "49" in one]


@needs_chromium
def test_nothing_runs_in_a_browser(report, tmp_path):
    walked = report.with_name("walked.html")
    walked.write_text(report.read_text(encoding="utf-8") + WALK, encoding="utf-8")
    found, _, _ = told_by(walked, tmp_path)
    assert found["title"] == "Snakemake Report"
    assert found["handlers"] == 0
    assert not [link for link in found["links"] if "it ran" in link]
    assert found["fault"] is None
    assert found["pages"] > 25
