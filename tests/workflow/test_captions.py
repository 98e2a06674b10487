"""Every caption of the report, with what the workflow really passes to its rule."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import jinja2
import pytest
from docutils.core import publish_parts

REPORT = Path(__file__).parents[2] / "workflow" / "report"
# As Snakemake sets it up, but strict about what is not defined.
TEMPLATES = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined)


def rendered(name: str, snakemake: dict[str, Any]) -> str:
    """The text of a caption, checked for what reStructuredText does not understand."""
    text = TEMPLATES.from_string((REPORT / name).read_text()).render(snakemake=snakemake, categories={}, files=[])
    html = publish_parts(text, writer="html", settings_overrides={"halt_level": 2})["html_body"]
    assert "may not be concluded" in html, name
    return text


@pytest.mark.parametrize("name", sorted(path.name for path in REPORT.glob("*.rst")))
def test_captions_say_what_the_rule_was_given(described, name):
    if name == "workflow.rst":
        for config in (described["config"], {}):
            rendered(name, {"config": config})
        return
    given = [job for job in described["jobs"] if job["rule"] == Path(name).stem]
    assert given
    for job in given:
        assert job["wildcards"].get("cohort", "") in rendered(name, {**job, "config": described["config"]})


@pytest.mark.parametrize("n_subtypes", ["auto", 3])
def test_the_caption_of_the_choice_of_k_knows_when_there_was_none(described, n_subtypes):
    job = copy.deepcopy(next(job for job in described["jobs"] if job["rule"] == "cluster_patients"))
    job["params"]["subtypes"]["n_subtypes"] = n_subtypes
    assert ("set to 3" in rendered("cluster_patients.rst", job)) == (n_subtypes == 3)
