"""What became of every cohort of a run, read off the logs of its jobs.

Needs nothing but the standard library at import: the process of Snakemake that asks at the end of a run may live in an
environment without numpy.
"""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

FINISHED, FAILED, UNFINISHED = "finished", "failed", "unfinished"
#: Stands in place of a cohort for the jobs that compare the cohorts.
ACROSS = "all cohorts"
COLUMNS = ("cohort", "outcome", "rule", "part", "reason", "log")

_FAULTS = "This cannot go on:"
_KILLED = "killed before it could say why (out of memory, out of time, or cancelled)"
_NOT_STARTED = "not started, or ended before it wrote a log: see the log of Snakemake"
_CLOCK = re.compile(r"^\d\d:\d\d:\d\d  ")
_LONGEST = 300  # of a reason on the console, characters


@dataclass(frozen=True)
class Outcome:
    """What became of a cohort; where several of its jobs failed, there is one for each.

    Attributes
    ----------
    cohort
        Its name.
    outcome
        ``finished``, ``failed`` or ``unfinished``.
    rule, part
        Which job failed: its rule, and its embedding, comparator or chunk of permutations (empty for jobs of the cohort).
    reasons
        Why, in one message or several.
    log
        The log of that job.
    """

    cohort: str
    outcome: str
    rule: str = ""
    part: str = ""
    reasons: tuple[str, ...] = ()
    log: str = ""


def file_clock(folder: str | Path) -> float:
    """Return the time as the file system of `folder` gives it to new files: that of a file server may differ from ours.

    Parameters
    ----------
    folder
        Made if absent.

    Returns
    -------
    float
        Seconds since the epoch.
    """
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".clock.") as file:
            return os.fstat(file.fileno()).st_mtime
    except OSError:
        return time.time()


def failure(log: str | Path) -> tuple[str, ...]:
    """Say why a job failed.

    Parameters
    ----------
    log
        The log of the job.

    Returns
    -------
    tuple of str
        One message or several; none if the job ended well.
    """
    lines = Path(log).read_text(encoding="utf-8", errors="replace").splitlines()
    while lines and not lines[-1].strip():
        lines.pop()
    plain = [_CLOCK.sub("", line) for line in lines]
    if plain and plain[-1].startswith("done in "):
        return ()
    if _FAULTS in plain:
        faults: list[str] = []
        for line in plain[plain.index(_FAULTS) + 1 :]:
            numbered = re.match(r"^ *\d+\. (.*)", line)
            if numbered or not faults:
                faults.append(numbered.group(1) if numbered else line)
            else:
                faults[-1] += " " + line.strip()
        return tuple(faults) or (_KILLED,)
    for place, line in enumerate(plain):
        if line.startswith("Traceback ") and place:
            return (f"an error of the program: {plain[place - 1]}",)
    ended = [line for line in plain if line.startswith("ended by SIG")]
    return (ended[-1],) if ended else (_KILLED,)


def outcomes(
    cohorts: Sequence[str],
    results: str | Path,
    logs: str | Path,
    started: float,
    pending: Collection[str] | None = None,
) -> list[Outcome]:
    """Say for every cohort whether it finished in this run, and if not, why.

    Parameters
    ----------
    cohorts
        Names, in the order of the config.
    results, logs
        Folders of the workflow.
    started
        When the run began, by `file_clock`: older logs tell of other runs.
    pending
        Cohorts with jobs that are still to be done. If not known, a cohort without a ``summary.md`` is one.

    Returns
    -------
    list of Outcome
        In the order of `cohorts`, every cohort at least once; last those of the jobs that compare the cohorts, if any failed.
    """
    logs = Path(logs)
    found = []
    for cohort in cohorts:
        failed = list(_failed(cohort, logs / cohort, sorted((logs / cohort).rglob("*.log")), started))
        if failed:
            found += failed
        elif cohort in pending if pending is not None else not Path(results, cohort, "summary.md").is_file():
            found.append(Outcome(cohort, UNFINISHED, reasons=(_NOT_STARTED,)))
        else:
            found.append(Outcome(cohort, FINISHED))
    return found + list(_failed(ACROSS, logs, sorted(logs.glob("*.log")), started))


def _failed(cohort: str, folder: Path, logs: Iterable[Path], started: float) -> list[Outcome]:
    """Return an outcome for every log of this run that tells of a failure, in the order they were written."""
    said: list[tuple[float, Outcome]] = []
    silent: list[tuple[float, Outcome]] = []
    for log in logs:
        try:
            modified, size = log.stat().st_mtime, log.stat().st_size
            reasons = failure(log) if modified >= started else ()
        except OSError:  # gone meanwhile, or not to be read
            continue
        if reasons:
            part = "/".join(log.relative_to(folder).parts[:-1])
            outcome = Outcome(cohort, FAILED, log.stem, part, reasons, str(log))
            (said if size else silent).append((modified, outcome))
    # Snakemake leaves an empty log for each job of a group that never began, because the one before it failed.
    return [one for _, one in sorted(said or silent, key=lambda pair: pair[0])]


def finished(found: Iterable[Outcome]) -> list[str]:
    """Return the cohorts that finished."""
    return [one.cohort for one in found if one.outcome == FINISHED]


def describe(found: Sequence[Outcome]) -> str:
    """Say in a few lines which cohorts did not finish, why, and how to go on.

    Parameters
    ----------
    found
        From `outcomes`.

    Returns
    -------
    str
    """
    names = list(dict.fromkeys(one.cohort for one in found if one.cohort != ACROSS))
    bad = [one for one in found if one.outcome != FINISHED]
    lines = [
        f"{len(finished(found))} of {len(names)} cohorts finished." if len(names) > 1 else "The run did not finish."
    ]
    if any(one.outcome == FAILED for one in bad):
        lines[0] += " Failed:"
    width = max((len(one.cohort) for one in bad), default=0)
    for one in bad:
        reason = one.reasons[0]
        if len(reason) > _LONGEST:
            reason = reason[: _LONGEST - 3] + "..."
        if len(one.reasons) > 1:
            reason += f" (and {len(one.reasons) - 1} more)"
        of = f" ({one.part})" if one.part else ""
        job = f"{one.rule}{of}: {reason} ({one.log})" if one.rule else reason
        lines.append(f"  {one.cohort:<{width}}  {job}")
    lines.append("Mend it and run the same command again: what is done stays done.")
    return "\n".join(lines)


def write_outcomes(found: Iterable[Outcome], path: str | Path) -> None:
    """Write ``outcomes.tsv``, whole or not at all.

    Parameters
    ----------
    found
        From `outcomes`.
    path
        Where to.
    """
    rows = ["\t".join(COLUMNS)]
    for one in found:
        reason = " ".join(" ".join(one.reasons).split())
        rows.append("\t".join(cell or "NA" for cell in (one.cohort, one.outcome, one.rule, one.part, reason, one.log)))
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text("\n".join(rows) + "\n", encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def partial_files(results: str | Path) -> list[Path]:
    """List the files that stand in for the comparison of all cohorts while some have failed."""
    figures = [Path(results, "figures", f"cohorts_partial.{suffix}") for suffix in ("png", "svg", "tsv")]
    return [Path(results, "cohorts_partial.tsv"), *figures]


def remove_partial(results: str | Path) -> None:
    """Remove what `write_partial` wrote."""
    for path in partial_files(results):
        path.unlink(missing_ok=True)


def write_partial(cohorts: Sequence[str], results: str | Path, of: int) -> list[str]:
    """Compare the cohorts that finished, under names that say it is not all of them.

    Parameters
    ----------
    cohorts
        Those that finished; a cohort without a leaderboard (none was asked for) is left out.
    results
        Folder of the workflow.
    of
        Number of cohorts of the run.

    Returns
    -------
    list of str
        The cohorts compared; if none, nothing is written.
    """
    from .evaluation.cohorts import cohorts_table
    from .plots.cohorts import cohorts_figure_table, draw_cohorts
    from .plots.style import save_figure
    from .tables import read_table, write_table

    files = {name: [Path(results, name, f"{kind}.tsv") for kind in ("leaderboard", "verdicts")] for name in cohorts}
    files = {name: own for name, own in files.items() if all(path.is_file() for path in own)}
    if not files:
        return []
    table = cohorts_table(
        {name: read_table(own[0]) for name, own in files.items()},
        {name: read_table(own[1]) for name, own in files.items()},
    )
    path, png, svg, plotted = partial_files(results)
    write_table(table, path)
    figure = cohorts_figure_table(table)
    write_table(figure, plotted)
    save_figure(draw_cohorts(figure, of=of), png, svg)
    return list(files)
