"""Read command lines of Snakemake as it does itself, and do a dry run of each; all in one process, because starting takes longest.

Arguments: a JSON file with the arguments of each line and whether they are only to be parsed, and the JSON file to write: whether
each went well. The folder is that of the user.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from snakemake.cli import args_to_api, parse_args
from snakemake.exceptions import CliException

sys.path.append(str(Path(__file__).resolve().parents[2] / "scripts"))

import stratomics.config.code

# What the fingerprints of the code are does not matter here, and it takes a second to make them all.
stratomics.config.code.code_version = lambda script, root: Path(script).name  # type: ignore[assignment]


def goes_well(arguments: list[str], parse_only: bool, known: dict[str, bool]) -> bool:
    """Read the arguments and, unless they are a part of a command, do a dry run of what they ask for, once."""
    try:
        parser, options = parse_args(arguments if parse_only else [*arguments, "--dry-run", "--quiet", "all"])
    except (SystemExit, CliException) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return False
    if parse_only:
        return True
    # A profile has been read with the arguments; what it sets of rules, test_profiles.py looks at.
    asked = f"{options.targets} {options.configfile} {options.list_rules} {options.unlock}"
    if asked not in known:
        known[asked] = bool(args_to_api(options, parser))
    return known[asked]


def main(lines: str, target: str) -> None:
    """Run them all."""
    found = []
    known: dict[str, bool] = {}
    for arguments, parse_only in json.loads(Path(lines).read_text(encoding="utf-8")):
        print(f"== {arguments}", file=sys.stderr, flush=True)
        found.append(goes_well(arguments, parse_only, known))
    Path(target).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
