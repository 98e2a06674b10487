# What became of every cohort, said at the end of a run. Snakemake runs none of this in a dry run, nor in the processes of
# jobs; a hook that fails must never hide why the run did.
from stratomics import outcomes as _outcomes

# Filled when the jobs begin.
_STARTED = []


def _folder(name):
    """A folder of the workflow, as the user or a profile named it."""
    return workflow.pathvars.apply(f"<{name}>")


def _pending():
    """Cohorts that this run still had jobs for; None where this version of Snakemake does not tell."""
    try:
        jobs = list(workflow.dag.needrun_jobs())
    except Exception:
        return None
    return {
        job.wildcards_dict["cohort"] for job in jobs if "cohort" in job.wildcards_dict
    }


def _found():
    """What became of the cohorts; outcomes.tsv keeps it."""
    results, logs = _folder("results"), _folder("logs")
    found = _outcomes.outcomes(list(COHORTS), results, logs, _STARTED[0], _pending())
    _outcomes.write_outcomes(found, f"{results}/outcomes.tsv")
    return found


def _succeeded():
    """One line that says where to look."""
    results = _folder("results")
    _found()
    _outcomes.remove_partial(results)
    if all(Path(results, name, "report.html").is_file() for name in COHORTS):
        pages = f"{results}/{next(iter(COHORTS)) if len(COHORTS) == 1 else '<cohort>'}/report.html"
        across = f"{results}/report.html"
        both = len(COHORTS) > 1 and Path(across).is_file()
        logger.info(
            f"Done. Look at {across} and {pages}."
            if both
            else f"Done. Look at {pages}."
        )


def _failed():
    """Which cohorts finished, why the others did not, and the comparison of those that did."""
    results = _folder("results")
    found = _found()
    good = _outcomes.finished(found)
    lines = [_outcomes.describe(found)]
    if len(COHORTS) > 1 and 0 < len(good) < len(COHORTS):
        try:
            if _outcomes.write_partial(good, results, len(COHORTS)):
                lines.append(
                    f"The cohorts that finished: {results}/cohorts_partial.tsv"
                )
        except Exception as error:
            lines.append(
                f"The cohorts that finished could not be compared: {type(error).__name__}: {error}"
            )
    logger.error("\n" + "\n".join(lines) + "\n")


def _guarded(hook):
    """Run a hook; say in a line if it could not be done."""
    try:
        hook()
    except Exception as error:
        logger.warning(f"No account of the cohorts: {type(error).__name__}: {error}")


onstart:
    _STARTED.append(_outcomes.file_clock(_folder("logs")))


onsuccess:
    _guarded(_succeeded)


onerror:
    _guarded(_failed)
