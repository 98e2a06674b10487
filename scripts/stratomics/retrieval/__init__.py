"""Tables from public archives: downloaded once into a cache that runs share, checked, and read as ordinary files.

What an archive has is said in the config (``retrieval``); nothing here knows a host or the name of a file.
"""

from .cache import cache_folder, cached_paths, fetch, place
from .download import Patience
from .sources import expand_source, file_name, is_file_name, is_sourced

__all__ = [
    "Patience",
    "cache_folder",
    "cached_paths",
    "expand_source",
    "fetch",
    "file_name",
    "is_file_name",
    "is_sourced",
    "place",
]
