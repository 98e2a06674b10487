"""A trained network as plain arrays, for encoding new patients without torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


def _elu(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def _gelu(x: np.ndarray) -> np.ndarray:
    return 0.5 * x * (1.0 + np.tanh(np.sqrt(2.0 / np.pi).astype(x.dtype) * (x + 0.044715 * x**3)))


ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0),
    "elu": _elu,
    "gelu": _gelu,
}


@dataclass(frozen=True)
class NetworkState:
    """Weights of one network, on the features it was given (standardised, times the block weights).

    Parameters
    ----------
    kind
        Kind of embedding.
    activation
        Of the hidden layers; the codes and the reconstruction are linear.
    encoder, decoder
        Layers in order: weight [in, out] and bias [out], float32. A variational encoder holds the posterior mean.
    """

    kind: str
    activation: str
    encoder: tuple[tuple[np.ndarray, np.ndarray], ...]
    decoder: tuple[tuple[np.ndarray, np.ndarray], ...]

    def _run(self, x: np.ndarray, layers: tuple[tuple[np.ndarray, np.ndarray], ...]) -> np.ndarray:
        activation = ACTIVATIONS[self.activation]
        for weight, bias in layers[:-1]:
            x = activation(x @ weight + bias)
        weight, bias = layers[-1]
        return x @ weight + bias

    def encode(self, features: np.ndarray) -> np.ndarray:
        """Return the latents of patients, [n, P] -> [n, L] float32."""
        return self._run(np.asarray(features, dtype=np.float32), self.encoder)

    def decode(self, latents: np.ndarray) -> np.ndarray:
        """Return the patients that latents stand for, [n, L] -> [n, P] float32."""
        return self._run(np.asarray(latents, dtype=np.float32), self.decoder)

    def reconstruct(self, features: np.ndarray) -> np.ndarray:
        """Encode and decode, [n, P] -> [n, P] float32."""
        return self.decode(self.encode(features))

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Take the network apart into arrays and JSON-able settings; `from_arrays` undoes it exactly."""
        arrays = {}
        for part, layers in (("encoder", self.encoder), ("decoder", self.decoder)):
            for i, (weight, bias) in enumerate(layers):
                arrays[f"{part}.{i}.weight"], arrays[f"{part}.{i}.bias"] = weight, bias
        depth = {"encoder": len(self.encoder), "decoder": len(self.decoder)}
        return arrays, {"kind": self.kind, "activation": self.activation, "layers": depth}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> NetworkState:
        """Put a network together again from what `to_arrays` gave."""

        def layers(part: str) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
            count = int(meta["layers"][part])
            return tuple((arrays[f"{part}.{i}.weight"], arrays[f"{part}.{i}.bias"]) for i in range(count))

        return cls(meta["kind"], meta["activation"], layers("encoder"), layers("decoder"))


def encode(state: NetworkState, features: np.ndarray) -> np.ndarray:
    """Return the latents of patients; `NetworkState.encode` as a function."""
    return state.encode(features)


def reconstruct(state: NetworkState, features: np.ndarray) -> np.ndarray:
    """Return patients as the network sees them; `NetworkState.reconstruct` as a function."""
    return state.reconstruct(features)
