"""The trained networks of a split as plain arrays, for encoding new patients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from stratomics.arrays import Array

if TYPE_CHECKING:
    from torch import Tensor

    from .architecture import Architecture


@dataclass(frozen=True)
class NetworkState:
    """Weights of networks, on the features they were given (standardised, times the block weights).

    Parameters
    ----------
    kind, architecture
        As in the config.
    sizes
        Of each network, on features (`stratomics.embedding.architecture.Sizes`).
    blocks
        By view, the first column and the one after the last.
    members
        One network or several: arrays by the names of the parameters of the architecture, float32. The latents of the networks
        stand side by side.
    sees
        The views that each network is given: all, or in late fusion its own.
    """

    kind: str
    architecture: str
    sizes: tuple[Mapping[str, Any], ...]
    blocks: Mapping[str, tuple[int, int]]
    members: tuple[Mapping[str, np.ndarray], ...]
    sees: tuple[tuple[str, ...], ...]

    @cached_property
    def networks(self) -> list[Architecture]:
        """The networks as torch modules."""
        import torch

        found = []
        for own, arrays in zip(self.sizes, self.members, strict=True):
            network = _empty(self.architecture, own, list(arrays))
            tensors = {name: torch.from_numpy(np.array(array)) for name, array in arrays.items()}
            network.load_state_dict(tensors, assign=True)
            found.append(network.requires_grad_(False))
        return found

    def _given(self, features: Tensor, present: Tensor | None) -> Iterator[tuple[Architecture, list[Tensor], Tensor]]:
        """Yield every network with what it is given: its views of features [n, P], and who has them [n, v]."""
        import torch

        there = torch.ones(len(features), len(self.blocks), dtype=features.dtype)
        if present is not None and present.shape[1] == len(self.blocks):
            there = present
        names = list(self.blocks)
        for network, seen in zip(self.networks, self.sees, strict=True):
            views = [features[:, slice(*self.blocks[name])] for name in seen]
            yield network, views, there[:, [names.index(name) for name in seen]]

    def torch_encode(self, features: Tensor, present: Tensor | None = None) -> Tensor:
        """Return the latents of patients, differentiable with respect to the features.

        Parameters
        ----------
        features
            [n, P] float32; zeros where a patient lacks an omics.
        present
            1 where a patient has an omics, [n, V]; None where all have all. Networks that see all omics as one were trained on
            patients who have each, and take zeros for the mean.

        Returns
        -------
        Tensor
            [n, L].
        """
        import torch

        from .architecture import Dropout

        given = self._given(features, present)
        return torch.cat([network.encode(views, there, Dropout())[0] for network, views, there in given], dim=-1)

    def encode(self, features: np.ndarray, present: np.ndarray | None = None) -> np.ndarray:
        """Return the latents of patients, [n, P] -> [n, L] float32; arguments as for `torch_encode`."""
        import torch

        there = None if present is None else torch.from_numpy(np.asarray(present, dtype=np.float32))
        with torch.no_grad():
            found = self.torch_encode(torch.from_numpy(np.ascontiguousarray(features, dtype=np.float32)), there)
        return found.numpy()

    def reconstruct(self, features: np.ndarray) -> np.ndarray:
        """Encode and decode, [n, P] -> [n, P] float32; for each view the mean over the networks that rebuild it."""
        import torch

        from .architecture import Dropout

        with torch.no_grad():
            found: dict[str, list[Tensor]] = {name: [] for name in self.blocks}
            x = torch.from_numpy(np.ascontiguousarray(features, dtype=np.float32))
            for (network, views, there), seen in zip(self._given(x, None), self.sees, strict=True):
                if not network.sizes.decodes:
                    continue
                z = network.encode(views, there, Dropout())[0]
                for name, view in zip(seen, network.decode(z, Dropout()), strict=True):
                    found[name].append(view)
            return torch.cat([torch.stack(views).mean(dim=0) for views in found.values()], dim=-1).numpy()

    def encoder(self) -> NetworkState:
        """Return the networks without their decoders."""
        unneeded = ("up.", "apart.", "writes.")
        members = tuple(
            {name: array for name, array in member.items() if not name.startswith(unneeded)} for member in self.members
        )
        sizes = tuple({**own, "decodes": False} for own in self.sizes)
        return replace(self, members=members, sizes=sizes)

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Take the networks apart into arrays and JSON-able settings; `from_arrays` undoes it exactly."""
        arrays = {f"{i}.{name}": array for i, member in enumerate(self.members) for name, array in member.items()}
        meta = {
            "kind": self.kind,
            "architecture": self.architecture,
            "sizes": [dict(own) for own in self.sizes],
            "blocks": {name: list(ends) for name, ends in self.blocks.items()},
            "members": [list(member) for member in self.members],
            "sees": [list(names) for names in self.sees],
        }
        return arrays, meta

    @classmethod
    def declared(cls, meta: Mapping[str, Any]) -> dict[str, Array]:
        """Say what the arrays of these networks may be, by their sizes; raises what the architecture raises over wrong ones."""
        found = {}
        for i, (own, names) in enumerate(zip(meta["sizes"], meta["members"], strict=True)):
            shapes = _empty(meta["architecture"], own, names).state_dict()
            found.update(
                {
                    f"{i}.{name}": Array("float32", tuple(p.shape), f"{name} of network {i}")
                    for name, p in shapes.items()
                }
            )
        return found

    def faults(self) -> Iterator[str]:
        """Say which views do not lie side by side, or are given to no network."""
        ends = [0, *(stop for _, stop in self.blocks.values())]
        if [start for start, _ in self.blocks.values()] != ends[:-1] or sorted(ends) != ends:
            yield f"blocks {dict(self.blocks)}: allowed are views side by side from column 0 on"
        for i, (own, arrays, seen) in enumerate(zip(self.sizes, self.members, self.sees, strict=True)):
            if lack := set(_empty(self.architecture, own, list(arrays)).state_dict()) - set(arrays):
                yield f"network {i} has no {', '.join(sorted(lack))}"
            if unknown := [name for name in seen if name not in self.blocks]:
                yield f"network {i} sees {', '.join(unknown)}; allowed are {', '.join(self.blocks)}"
                continue
            widths = [stop - start for start, stop in (self.blocks[name] for name in seen)]
            if widths != list(own["inputs"]):
                yield f"network {i} takes inputs of {list(own['inputs'])} columns; the views that it sees have {widths}"
        if unseen := set(self.blocks) - {name for seen in self.sees for name in seen}:
            yield f"no network sees {', '.join(sorted(unseen))}"

    @property
    def latents(self) -> int:
        """Latents of all networks together."""
        return sum(network.latents for network in self.networks)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> NetworkState:
        """Put networks together again from what `to_arrays` gave."""
        members = tuple({name: arrays[f"{i}.{name}"] for name in names} for i, names in enumerate(meta["members"]))
        # Files keep names in alphabetical order; blocks are in that of their columns.
        ends = sorted(meta["blocks"].items(), key=lambda item: item[1])
        blocks = {name: (int(start), int(stop)) for name, (start, stop) in ends}
        sees = tuple(tuple(names) for names in meta["sees"])
        return cls(meta["kind"], meta["architecture"], tuple(meta["sizes"]), blocks, members, sees)


def _empty(architecture: str, own: Mapping[str, Any], names: Sequence[str]) -> Architecture:
    """Lay out a network of these sizes (of a `NetworkState`), and with the optional layers that parameters are named of."""
    import torch

    from .architecture import Sizes
    from .architectures import find_architecture

    sizes = {**own, "inputs": tuple(own["inputs"]), "hidden": tuple(own["hidden"])}
    has = {"decodes": "writes.0.weight" in names, "tells_hazard": "hazard.weight" in names}
    with torch.device("meta"):
        return find_architecture(architecture)(Sizes(**{**sizes, **has}))


def fold(parameters: Mapping[str, Tensor], spaces: Sequence[Any]) -> dict[str, np.ndarray]:
    """Turn the parameters of a network on coordinates into those of one on features.

    Parameters
    ----------
    parameters
        By name.
    spaces
        `stratomics.embedding.row_space.RowSpace` of each view.

    Returns
    -------
    dict of numpy.ndarray
        float32.
    """
    folded = {name: value.float() for name, value in parameters.items()}
    for v, space in enumerate(spaces):
        name = f"reads.{v}.weight"
        folded[name] = space.fold_first(folded[name].T).T
        weight, bias = f"writes.{v}.weight", f"writes.{v}.bias"
        if weight in folded:
            folded[weight] = space.fold_last(folded[weight].T).T
            folded[bias] = space.fold_last(folded[bias])
    return {name: np.ascontiguousarray(value.numpy()) for name, value in folded.items()}


def sizes_on_features(sizes: Any, widths: Sequence[int]) -> dict[str, Any]:
    """Return the sizes of a network (`Sizes`) whose views are features rather than coordinates, JSON-able."""
    return {**asdict(sizes), "inputs": list(widths), "hidden": list(sizes.hidden)}
