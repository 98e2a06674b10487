"""What the settings of an embedding come to: a kind, an architecture, and the weights of the parts of its loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .architecture import Architecture, Sizes
from .architectures import find_architecture
from .kind import Kind
from .kinds import find_kind
from .views import Views


@dataclass(frozen=True)
class Recipe:
    """How every network of an embedding is made and trained.

    Parameters
    ----------
    settings
        One entry of ``embeddings`` of the config, with all its hyper-parameters; those of ``supervised`` instead of its own for
        networks that look at survival.
    kind
        What is learned beside the reconstruction.
    architecture
        How the omics meet.
    committee
        Whether the networks look at survival. Then all networks of a split are kept, each fitted without another part of the
        training patients: what such a network says of the patients it was fitted on is too good to be true, and what is learned
        from its risk (how much it counts, where it is cut) has to come from patients it did not know.

    References
    ----------
    Parmanto, Munro & Doyle 1996, Adv. Neural Inf. Process. Syst. 8, 882-888 (cross-validation committees).
    """

    settings: Mapping[str, Any]
    kind: Kind
    architecture: type[Architecture]
    committee: bool = False

    @classmethod
    def of(cls, settings: Mapping[str, Any], *, committee: bool = False) -> Recipe:
        """Read the settings of an embedding.

        Raises
        ------
        ConfigError
            When its kind is unknown.
        """
        own = {**settings, **settings["supervised"]} if committee else settings
        return cls(own, find_kind(own), find_architecture(own["architecture"]), committee)

    @property
    def networks(self) -> int:
        """Number of networks per split."""
        return int(self.settings["committee" if self.committee else "restarts"])

    @property
    def epochs(self) -> int:
        """Most passes over the patients."""
        return int(self.settings["epochs"])

    @property
    def survival(self) -> float:
        """Weight of the Cox term."""
        return float(self.settings["survival"]) if self.committee else 0.0

    @property
    def reconstruction(self) -> float:
        """Weight of the reconstruction error."""
        return float(self.settings["reconstruction"]) if self.committee else 1.0

    def views(self, views: Views) -> Views:
        """Return the views as the networks get them: as one where that makes no difference, since it is less work."""
        return views.fused() if self.architecture.early and views.complete else views

    def sizes(self, inputs: Sequence[int]) -> Sizes:
        """Return the sizes of a network on views of these widths."""
        return Sizes(
            inputs=tuple(inputs),
            hidden=tuple(int(width) for width in self.settings["hidden"]),
            latents=int(self.settings["latent"]),
            heads=len(self.kind.heads),
            activation=str(self.settings["activation"]),
            fusion=str(self.settings["fusion"]),
            decodes=self.reconstruction > 0,
            tells_hazard=self.committee,
            # Latents with a prior have bounds of their own.
            bounded=self.committee and self.kind.prior_variance is None,
        )
