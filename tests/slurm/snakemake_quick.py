"""Snakemake that asks SLURM for the state of its jobs every second; the plugin waits ten seconds longer each time."""

from __future__ import annotations

import signal

from snakemake.cli import main
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor

RemoteExecutor.next_seconds_between_status_checks = property(lambda self: 1, lambda self, seconds: None)

# Tests that were started in the background (`pytest &`) inherit that Ctrl-C is ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)

main()
