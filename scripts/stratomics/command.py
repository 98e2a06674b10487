"""The command line: ``stratomics predict MODEL --omics mrna=FILE ...``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stratomics import __version__
from stratomics.config import defaults, load_config
from stratomics.errors import ConfigError, StratomicsError

#: Keys of ``clinical`` that have an option of their own.
_CLINICAL = {
    "time": "column of the follow-up times",
    "event": "column of the event (1) or censoring (0)",
    "patient": "column of the ids of patients",
    "time_unit": "days, weeks, months or years",
}


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    top = argparse.ArgumentParser(
        prog="stratomics", description="Survival risk subtypes of cancer patients from multi-omics."
    )
    top.add_argument("--version", action="version", version=__version__)
    commands = top.add_subparsers(dest="command", required=True)
    text = "Predict new patients with a model: subtype, risk and survival of each, and how far they can be trusted."
    own = commands.add_parser("predict", help=text, description=text)
    own.add_argument("model", metavar="MODEL", help="folder of the model: results/<cohort>/<embedding>/model")
    own.add_argument(
        "--omics",
        nargs="+",
        required=True,
        metavar="NAME=FILE",
        help="tables of any of the omics of the model, by its names",
    )
    own.add_argument("--out", required=True, metavar="FOLDER", help="folder for the results; made if absent")
    own.add_argument(
        "--clinical", metavar="FILE", help="clinical table; with --time and --event the predictions are judged"
    )
    for key, meaning in _CLINICAL.items():
        own.add_argument(f"--{key.replace('_', '-')}", metavar="UNIT" if key == "time_unit" else "COLUMN", help=meaning)
    own.add_argument(
        "--covariates",
        nargs="+",
        default=[],
        metavar="COLUMN",
        help="columns of the clinical table beyond which the predictions have to tell something",
    )
    own.add_argument(
        "--batch", nargs="+", default=[], metavar="NAME=COLUMN", help="columns of the clinical table with batches"
    )
    own.add_argument("--map", nargs="+", default=[], metavar="NAME=FILE", help="tables that bring probes to genes")
    own.add_argument("--max-missing-features", type=float, metavar="SHARE", help="of an omics that a patient may lack")
    own.add_argument("--map-to-training", metavar="HOW", help="auto, none, location_scale or quantile")
    own.add_argument("--recalibrate", action="store_true", help="learn the baseline of survival from these patients")
    own.add_argument("--seed", type=int, default=0, help="of resampling and permutations (default 0)")
    return top


def settings_of(options: argparse.Namespace) -> dict[str, Any]:
    """Make an entry of ``predict`` of the options, checked as a config is.

    Parameters
    ----------
    options
        Of `parser`.

    Returns
    -------
    dict
        Complete.

    Raises
    ------
    ConfigError
        With every fault.
    """
    entry: dict[str, Any] = {"name": "prediction", "model": options.model}
    batch, maps = (_pairs(getattr(options, key), f"--{key}") for key in ("batch", "map"))
    files = _pairs(options.omics, "--omics")
    if unknown := [name for name in {**batch, **maps} if name not in files]:
        raise ConfigError(f"--batch and --map: {', '.join(unknown)} has no table; --omics names {', '.join(files)}.")
    entry["omics"] = [
        {"name": name, "path": path}
        | ({"batch": batch[name]} if name in batch else {})
        | ({"map": maps[name]} if name in maps else {})
        for name, path in files.items()
    ]
    columns = {key: getattr(options, key) for key in (*_CLINICAL, "covariates") if getattr(options, key)}
    if options.clinical is not None:
        entry["clinical"] = {"path": options.clinical, **columns}
    elif columns:
        raise ConfigError(
            f"--{next(iter(columns)).replace('_', '-')}: names a column, and there is no --clinical with the table."
        )
    for key in ("max_missing_features", "map_to_training"):
        if getattr(options, key) is not None:
            entry[key] = getattr(options, key)
    if options.recalibrate:
        entry["recalibrate"] = True
    whole = load_config({"cohorts": [{"name": "none_", "simulate": {}}], "predict": [entry]})
    return dict(whole["predict"][0])


def _pairs(given: Sequence[str], option: str) -> dict[str, str]:
    """Read ``NAME=VALUE``."""
    pairs = [text.partition("=") for text in given]
    if wrong := [text for text, (name, _, value) in zip(given, pairs, strict=True) if not (name and value)]:
        raise ConfigError(f"{option}: found {wrong[0]!r}; allowed is NAME=VALUE, for instance mrna=data/mrna.tsv.")
    names = [name for name, _, _ in pairs]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ConfigError(f"{option}: {twice[0]!r} comes more than once. Give one of each.")
    return {name: value for name, _, value in pairs}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; faults of the user are told in a sentence each, and give status 1.

    Parameters
    ----------
    arguments
        Without the name of the program; None for those of the process.

    Returns
    -------
    int
        Status.
    """
    options = parser().parse_args(arguments)
    try:
        settings = settings_of(options)
        import stratomics.runtime  # noqa: F401  (it fixes the thread pools before torch loads)
        from stratomics.model import load_model
        from stratomics.prediction.run import run_prediction

        model = load_model(options.model)
        found = run_prediction(settings, model, defaults("evaluation"), seed=options.seed)
        found.write(options.out, Path(options.out).name or "prediction", model)
    except StratomicsError as error:
        print(f"This cannot go on:\n{error.report()}", file=sys.stderr)
        return 1
    for message in found.warnings:
        print(f"mind: {message}", file=sys.stderr)
    print(f"{len(found.prediction.predictions)} patients predicted. Look at {Path(options.out) / 'report.html'}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
