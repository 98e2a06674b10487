"""Write what the workflow is, as Snakemake sees it: every rule, and every job of a config, as JSON.

Rules may be written in loops, so their text says too little; a process of its own, because Snakemake changes the folder.
Arguments: the config, the folder to run in, the file to write.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from snakemake.api import SnakemakeApi
from snakemake.settings.types import ConfigSettings, DAGSettings, OutputSettings, Quietness, ResourceSettings

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "scripts"))

import stratomics.config.code  # noqa: E402

# Of a fingerprint only the script matters here, and it takes a second to make them all.
stratomics.config.code.code_version = lambda script, root: Path(script).name  # type: ignore[assignment]


def named(items: Any) -> dict[str, Any]:
    """The named members of what Snakemake hands to a script; functions are named as such."""
    return {name: plain(value) for name, value in items.items() if name is not None}


def plain(value: Any) -> Any:
    """A value as JSON can hold it."""
    if isinstance(value, Callable):  # type: ignore[arg-type]
        return "<function>"
    if isinstance(value, dict):
        return {str(key): plain(own) for key, own in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(own) for own in value]
    return value if isinstance(value, (int, float, bool, type(None))) else str(value)


def reported(output: Any) -> list[dict[str, Any]]:
    """What the report shows of the output of a rule: caption, category and labels."""
    flags = [path.flags["report"] for path in output if getattr(path, "flags", {}).get("report")]
    return [
        {"caption": Path(flag.caption.get_path_or_uri(secret_free=True)).name, "category": flag.category}
        | {"labels": dict(flag.labels)}
        for flag in flags
    ]


def executed(rule: Any) -> str:
    """The script that a job of a rule runs, which Snakemake looks up only then: it may be another than is written."""
    run: list[str] = []
    rule.module_globals["script"] = lambda path, *_: run.append(str(path))
    rule.run_func(*[None] * rule.run_func.__code__.co_argcount)
    return run[0]


def main(config: str, folder: str, target: str) -> None:
    """Read the workflow and make the jobs of `config` without running any."""
    settings = ConfigSettings(configfiles=[Path(config)])
    with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        shown = api.workflow(
            resource_settings=ResourceSettings(cores=1),
            config_settings=settings,
            snakefile=ROOT / "Snakefile",
            workdir=Path(folder),
        )
        shown.dag(DAGSettings(forceall=True)).printrulegraph()
        workflow = shown._workflow
        rules = {
            rule.name: {
                "docstring": rule.docstring,
                "script": rule.script and executed(rule),
                "log": [str(path) for path in rule.log],
                "benchmark": rule.benchmark and str(rule.benchmark),
                "conda": rule.conda_env is not None,
                "local": rule.name in workflow._localrules,
                "input": named(rule.input),
                "output": named(rule.output),
                "resources": sorted(rule.resources),
                "params": sorted(name for name, _ in rule.params.items() if name),
                "code": next((value for name, value in rule.params.items() if name == "code"), None),
                "report": reported(rule.output),
            }
            for rule in workflow.rules
        }
        jobs = [
            {
                "rule": job.rule.name,
                "wildcards": named(job.wildcards),
                "params": named(job.params),
                "input": named(job.input),
                "output": named(job.output),
            }
            for job in workflow.dag.jobs
        ]
        found = {"rules": rules, "jobs": jobs, "config": plain(workflow.globals["config"])}
    Path(target).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
