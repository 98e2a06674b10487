"""Learn a few latents per patient from the omics: networks of several kinds and architectures, trained many at once.

A network is an architecture (how the omics meet: ``architectures``, ``fusion``) and a kind (what it learns beside the
reconstruction: ``kinds``), with or without a term for survival (`hazard`). Everything else here is the same for all: `views` is
what a network looks at, `row_space` turns wide views into few coordinates, `recipe` is what the settings come to, `batch` trains
many networks as one, `train` runs the whole, and `state` is the trained networks as plain arrays.

What needs torch is imported from its module (`train`, `device`, `kinds`).
"""

from .state import NetworkState
from .told import Told
from .views import Views

__all__ = ["NetworkState", "Told", "Views"]
