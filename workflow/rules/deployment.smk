# Where rules run and where their tables come from.

# Popped, so that it is a parameter of no rule.
CONTAINER = SETTINGS.pop("container")

if CONTAINER:

    container: CONTAINER


# The storage plugins whose name is not the scheme of their addresses.
_PLUGINS = {"https": "http", "gs": "gcs", "ftps": "ftp"}


def located(path):
    """A table for Snakemake to find: as written, or through a storage plugin when it is an address."""
    if "://" not in path:
        # Paths start from the working directory also under `module` with a `prefix`, as the check of the config has it.
        return local(path)
    scheme = path.split("://")[0].lower()
    return getattr(storage, _PLUGINS.get(scheme, scheme))(path)


def _check_plugins():
    """Name the storage plugins that the config needs and this environment lacks, before Snakemake does in its words."""
    from snakemake_interface_storage_plugins.registry import StoragePluginRegistry

    paths = [path for cohort in COHORTS.values() for path in table_paths(cohort)]
    schemes = {path.split("://")[0].lower() for path in paths if "://" in path}
    wanted = sorted({_PLUGINS.get(scheme, scheme) for scheme in schemes})
    absent = [name for name in wanted if not StoragePluginRegistry().is_installed(name)]
    if absent:
        packages = " ".join(f"snakemake-storage-plugin-{name}" for name in absent)
        raise WorkflowError(
            "The config names tables by an address that no installed storage plugin reads: "
            f"pip install {packages} (see https://snakemake.github.io/snakemake-plugin-catalog)"
        )


_check_plugins()
