"""Learn a few latents per patient from the fused omics: autoencoders of several kinds, trained many at once.

``kinds`` says what an embedding learns; everything else here is the same for all of them. `row_space` turns wide features
into few coordinates, `network` holds many networks as stacked tensors, `batch` trains them, `train` runs the whole, and
`state` is the trained network as plain arrays.

What needs torch is imported from its module (`train`, `device`, `kinds`): a trained network is used without.
"""

from .state import NetworkState, encode, reconstruct

__all__ = ["NetworkState", "encode", "reconstruct"]
