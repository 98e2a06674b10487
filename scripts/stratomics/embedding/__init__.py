"""Learn a few latents per patient from the fused omics: autoencoders of several kinds, trained many at once.

``kinds`` says what an embedding learns; everything else here is the same for all of them. `row_space` turns wide features
into few coordinates, `network` holds many networks as stacked tensors, `batch` trains them, `train` runs the whole, and
`state` is the trained network as plain arrays.
"""

from .device import resolve_device
from .kinds import find_kind, kind_names
from .state import NetworkState, encode, reconstruct
from .train import EmbeddingResult, train_embedding

__all__ = [
    "EmbeddingResult",
    "NetworkState",
    "encode",
    "find_kind",
    "kind_names",
    "reconstruct",
    "resolve_device",
    "train_embedding",
]
