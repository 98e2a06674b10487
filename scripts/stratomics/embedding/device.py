"""Where networks are trained, and how the results are made to repeat there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from stratomics.errors import ConfigError

DEVICES = ("auto", "cpu", "cuda")


def resolve_device(requested: str) -> tuple[torch.device, str]:
    """Choose the device.

    Parameters
    ----------
    requested
        ``auto`` (a GPU when there is one), ``cpu`` or ``cuda``. The GPU is the first that torch sees: of those that a
        scheduler gave to the job, where there is one.

    Returns
    -------
    device, reason
        The reason is a clause for the log.

    Raises
    ------
    ConfigError
        When a GPU is asked for and torch sees none.
    """
    if requested not in DEVICES:
        raise ConfigError(f"device: found {requested!r}. Use one of: {', '.join(DEVICES)}.")
    if requested == "cpu":
        return torch.device("cpu"), "device: cpu asks for it"
    if torch.cuda.is_available():
        return torch.device("cuda"), f"device: {requested}, and {torch.cuda.get_device_name()} is there"
    why = (
        f"this build of torch ({torch.__version__}) has no CUDA"
        if torch.version.cuda is None
        else f"torch {torch.__version__} (CUDA {torch.version.cuda}) sees no GPU"
    )
    if requested == "auto":
        return torch.device("cpu"), f"device: auto, and {why}"
    raise ConfigError(
        f"device: cuda asks for a GPU, but {why}. Set `device: auto` or `device: cpu` to train on the processor, or "
        "install a CUDA build of torch and make a GPU visible (CUDA_VISIBLE_DEVICES)."
    )


def device_name(device: torch.device) -> str:
    """Return the name of a device for the log, for instance ``cpu`` or ``NVIDIA H100``."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"


def given_gpus() -> str | None:
    """Return the GPUs that the scheduler gave to this job, as in ``CUDA_VISIBLE_DEVICES``; None if it gave none."""
    given = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    return given if given not in ("", "-1", "NoDevFiles") else None


@contextmanager
def repeatable(device: torch.device) -> Iterator[None]:
    """Make torch repeat its bytes: one thread per operation, full float32 products, deterministic kernels.

    Parameters
    ----------
    device
        The settings of CUDA are touched only for a GPU. Everything is put back at the end.

    Yields
    ------
    None
    """
    threads, precision = torch.get_num_threads(), torch.get_float32_matmul_precision()
    deterministic = torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(1)
    if device.type == "cuda":
        torch.set_float32_matmul_precision("highest")
        torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        if device.type == "cuda":
            torch.set_float32_matmul_precision(precision)
            torch.use_deterministic_algorithms(deterministic)
