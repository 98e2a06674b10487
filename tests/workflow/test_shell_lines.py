"""What the pages show to be typed into a shell can be typed: targets, options, profiles, configs and files are there.

`make` and Snakemake do a dry run of every line, and the parser of `stratomics` reads its own. Else only what `ALLOWED` names
may stand in a block, which is not run here.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from stratomics import command
from stratomics.config import load_config
from stratomics.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
README, TUTORIAL = ROOT / "README.md", ROOT / "docs" / "tutorial.md"
PAGES = [README, ROOT / "CONTRIBUTING.md", ROOT / "config" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

#: Programs of the user's system that are named, with what they are for.
ALLOWED = {
    "source": "activates .venv",
    "cd": "into a folder of the clone",
    "squeue": "SLURM's queue",
    "awk": "picks jobs from it",
    "xargs": "cancels them",
    "apptainer": "builds the container",
}
#: Lines that must be refused, to show that the test can.
WRONG = [
    "make dmeo",
    "make demo TORHC=cpu",
    "snakemake chekc --cores 2 --configfile my_cohort.yaml",
    "snakemake --cores all --configfile your_cohort.yaml",
    "snakemake --cores all --no-such-option",
    "snakemake --profile workflow/profiles/slrum --configfile my_cohort.yaml",
    "stratomics predict results/LIHC/cox/model --omics mrna --out hospital",
    "stratomics predict results/LIHC/cos/model --omics mrna=mrna.tsv --out hospital",
    "stratomics predict results/LIHC/cox/model --omics mrna=mrna.tsv --outt hospital",
    "stratomics train",
    "cd nowhere",
    "rm -rf results",
]


def blocks(page: Path, language: str) -> list[str]:
    """Return the blocks of code of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), flags=re.S | re.M)


def shown(page: Path) -> list[str]:
    """Return the lines of the blocks of a page, and of README and tutorial also what stands as code in the text."""
    lines = [line for block in blocks(page, "(?:bash|sh|console|shell)") for line in block.splitlines()]
    if page in (README, TUTORIAL):
        text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.S | re.M)
        lines += re.findall(r"`((?:make|snakemake|stratomics) [^`]+)`", text)
    return lines


def commands(line: str) -> list[list[str]]:
    """Split a line into its commands, without comments; a variable that it sets is put in where it is used."""
    if assigned := re.match(r'(\w+)="([^"]*)"; ', line):
        line = line[assigned.end() :].replace(f"${assigned[1]}", assigned[2])
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    found: list[list[str]] = [[]]
    for token in lexer:
        if set(token) <= set("();<>|&"):
            found.append([])
        else:
            found[-1].append(token)
    return [one for one in found if one]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone as the pages have it: with the configs that they show, their tables, and a profile of the user's own."""
    folder = tmp_path_factory.mktemp("clone")
    for name in ("Snakefile", "Makefile", "config.yaml", "config", "envs", "scripts", "workflow"):
        (folder / name).symlink_to(ROOT / name)
    (text,) = (one for one in blocks(README, "yaml") if one.startswith("cohorts:"))
    (folder / "my_cohort.yaml").write_text(text, encoding="utf-8")
    for one in yaml.safe_load(text)["cohorts"]:
        for table in [*one["omics"], one["clinical"]]:
            (folder / table["path"]).parent.mkdir(parents=True, exist_ok=True)
            (folder / table["path"]).write_text("x")
    for block in blocks(TUTORIAL, "yaml"):
        if named := re.match(r"# (\w+\.yaml)\n", block):
            (folder / named[1]).write_text(block, encoding="utf-8")
    (folder / "my_cluster").symlink_to(ROOT / "workflow" / "profiles" / "slurm")
    return folder


def faults_of_make(lines: list[list[str]], clone: Path) -> list[str]:
    """Return what `make` refuses, and variables that the Makefile does not know."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    found = []
    for arguments in lines:
        names = [one.split("=")[0] for one in arguments if "=" in one]
        unknown = [name for name in names if not re.search(rf"^{name} \?=|\$\${name}\b", text, flags=re.M)]
        done = subprocess.run(["make", "-n", *arguments], cwd=clone, capture_output=True, text=True, check=False)
        if done.returncode or unknown:
            found.append(f"make {' '.join(arguments)}: {done.stderr}{unknown}")
    return found


def faults_of_snakemake(lines: list[list[str]], clone: Path) -> list[str]:
    """Return the lines that Snakemake refuses; of those that end in dots it reads the options alone."""
    given, found = clone / "lines.json", clone / "found.json"
    parts = [([one for one in arguments if one != "..."], "..." in arguments) for arguments in lines]
    given.write_text(json.dumps(parts), encoding="utf-8")
    script = Path(__file__).with_name("dry_runs.py")
    called = [sys.executable, str(script), str(given), str(found)]
    done = subprocess.run(called, cwd=clone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    went_well = json.loads(found.read_text(encoding="utf-8"))
    return [
        f"snakemake {' '.join(one)}: {done.stderr[-6000:]}"
        for one, well in zip(lines, went_well, strict=True)
        if not well
    ]


def faults_of_stratomics(lines: list[list[str]], clone: Path) -> list[str]:
    """Return the lines that the parser refuses, and models that the config of the page does not make."""
    config = load_config(yaml.safe_load((clone / "my_cohort.yaml").read_text(encoding="utf-8")), base_dir=clone)
    made = {
        f"results/{cohort['name']}/{one['name']}/model" for cohort in config["cohorts"] for one in config["embeddings"]
    }
    found = []
    for arguments in lines:
        try:
            options = command.parser().parse_args(arguments)
            pairs = command._pairs(options.omics, "--omics")
        except (SystemExit, ConfigError) as error:
            found.append(f"stratomics {' '.join(arguments)}: {error}")
            continue
        if options.model not in made or not set(pairs) <= {one["name"] for one in config["cohorts"][0]["omics"]}:
            found.append(f"stratomics {' '.join(arguments)}: {options.model}, {pairs}; there are {sorted(made)}")
    return found


def faults_of_others(lines: list[list[str]], clone: Path) -> list[str]:
    """Return programs that are not named in `ALLOWED`, and folders that are not there."""
    unknown = [" ".join(one) for one in lines if one[0] not in ALLOWED]
    return unknown + [" ".join(one) for one in lines if one[0] == "cd" and not (clone / one[1]).is_dir()]


def faults(lines: list[str], clone: Path) -> list[str]:
    """Return every fault of some lines, each command once."""
    every = list({tuple(one): one for line in lines for one in commands(line)}.values())
    check = {"make": faults_of_make, "snakemake": faults_of_snakemake, "stratomics": faults_of_stratomics}
    found = faults_of_others([one for one in every if one[0] not in check], clone)
    for program, of_program in check.items():
        found += of_program([one[1:] for one in every if one[0] == program], clone)
    return found


def test_the_lines_are_found() -> None:
    lines = [line for page in PAGES for line in shown(page)]
    programs = [one[0] for line in lines for one in commands(line)]
    assert {program: programs.count(program) > 1 for program in ("make", "snakemake", "stratomics")} == {
        "make": True,
        "snakemake": True,
        "stratomics": True,
    }
    assert set(programs) >= set(ALLOWED)  # none is allowed that no page names
    assert commands('run="snakemake -n"; $run --unlock && $run  # again') == [
        ["snakemake", "-n", "--unlock"],
        ["snakemake", "-n"],
    ]


def test_every_line_of_the_pages_can_be_typed(clone: Path) -> None:
    assert faults([line for page in PAGES for line in shown(page)], clone) == []


def test_lines_that_cannot_be_typed_are_refused(clone: Path) -> None:
    found = faults(WRONG, clone)
    assert sorted(one.split(":")[0] for one in found) == sorted(WRONG)
