# Where rules run and where their tables come from.

# Popped, so that it is a parameter of no rule.
CONTAINER = SETTINGS.pop("container")
# So is this: where a file was downloaded from, and how patiently, changes no result; its name and checksum might.
RETRIEVAL = SETTINGS.pop("retrieval")

if CONTAINER:

    container: CONTAINER


# The storage plugins whose name is not the scheme of their addresses.
_PLUGINS = {"https": "http", "gs": "gcs", "ftps": "ftp"}


def located(address):
    """A table for Snakemake to fetch through the storage plugin of its address."""
    scheme = address.split("://")[0].lower()
    return getattr(storage, _PLUGINS.get(scheme, scheme))(address)


def retrieval_untracked(wildcards, input):
    """How tables are downloaded: Snakemake compares no parameter of a function that takes the input."""
    return RETRIEVAL


def checksum_of_table(wildcards):
    """The SHA-256 that the config demands of a downloaded table, or None."""
    return RETRIEVAL["checksums"].get(wildcards.table)


def cohort_tables(wildcards):
    """What `build_cohort` reads, of this machine, but for what checksums alone tell.

    These are paths with brackets, which Snakemake takes for wildcards, with no way out; and folders, whose date says nothing of the
    files in them.
    """
    if is_simulated(wildcards.cohort):
        return [f"<results>/{wildcards.cohort}/simulated"]
    return tables_here(COHORTS[wildcards.cohort])


def tables_here(entry):
    """The tables of a cohort or a prediction that are of this machine, but for what checksums alone tell."""
    # Paths start from the working directory also under `module` with a `prefix`, as the check of the config has it.
    paths = [path for path in table_paths(entry) if "://" not in path]
    return [
        local(path)
        for path in paths
        if not set("{}<>") & set(path) and not os.path.isdir(path)
    ]


def fetched_tables(wildcards):
    """The tables with an address, in the order of the config: through `fetch_table`, or through a storage plugin."""
    if is_simulated(wildcards.cohort):
        return []
    return [
        (
            f"<results>/{wildcards.cohort}/fetched/{file_name(path)}"
            if is_sourced(path)
            else located(path)
        )
        for path in table_paths(COHORTS[wildcards.cohort])
        if "://" in path
    ]


def prediction_settings(wildcards):
    """The config of one prediction."""
    return PREDICTIONS[wildcards.prediction]


def model_of_prediction(wildcards):
    """The files of its model, which this workflow makes where it is one of its own."""
    folder = Path(PREDICTIONS[wildcards.prediction]["model"]).as_posix()
    return [local(f"{folder}/{name}") for name in MODEL_FILES]


def tables_of_prediction(wildcards):
    """The tables of this machine that a prediction reads."""
    return tables_here(PREDICTIONS[wildcards.prediction])


def fetched_of_prediction(wildcards):
    """Its tables with an address, in the order of the config."""
    paths = table_paths(PREDICTIONS[wildcards.prediction])
    return [located(path) for path in paths if "://" in path]


def checksums_of_prediction(wildcards):
    """Checksums of its tables."""
    return checksums_of(PREDICTIONS[wildcards.prediction])


def _check_plugins():
    """Name the storage plugins that the config needs and this environment lacks, before Snakemake does in its words."""
    from snakemake_interface_storage_plugins.registry import StoragePluginRegistry

    entries = [*COHORTS.values(), *PREDICTIONS.values()]
    paths = [path for entry in entries for path in table_paths(entry)]
    schemes = {
        path.split("://")[0].lower()
        for path in paths
        if "://" in path and not is_sourced(path)
    }
    wanted = sorted({_PLUGINS.get(scheme, scheme) for scheme in schemes})
    absent = [name for name in wanted if not StoragePluginRegistry().is_installed(name)]
    if absent:
        packages = " ".join(f"snakemake-storage-plugin-{name}" for name in absent)
        raise WorkflowError(
            "The config names tables by an address that no installed storage plugin reads: "
            f"pip install {packages} (see https://snakemake.github.io/snakemake-plugin-catalog)"
        )


_check_plugins()
