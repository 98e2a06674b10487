"""A simulated multi-omics cohort with planted subtypes, for the demo and for checking the workflow against the truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stratomics.runtime import derive_seed
from stratomics.tables import write_table

from .simulate_omics import SHARED_NUISANCE, TRANSFORMS, PatientState, simulate_omics

COVARIATES = ["age", "sex", "stage"]

SEVERITY_EFFECT = 0.2  # of one standard deviation of severity on the log hazard, as a share of `effect`
OWN_SHARE = (6.0, 1.2)  # parameters of the Beta distribution of how much of its own subtype a tumour expresses
WEIBULL_SHAPE = 1.2
MEDIAN_DAYS = 1800.0  # survival of a patient of average risk
STAGES = np.array(["Stage I", "Stage II", "Stage III", "Stage IV"])


@dataclass(frozen=True)
class SimulatedCohort:
    """A cohort as it would be found, and the truth behind it.

    Parameters
    ----------
    name
        The name of the cohort.
    tables
        Omics name -> patients (column ``patient``) x features, on the scale of the assay; NaN = missing. Some patients
        lack an omics.
    clinical
        patient, time (days), event (0/1), age, sex, stage, grade, sequencer; some cells are empty.
    truth
        patient; subtype (1 = best prognosis) and severity, both expressed in the omics; risk (the log hazard that the
        omics carry); clinical_risk (that of age and stage); log_hazard (what survival was drawn from: their sum, or for a
        null cohort clinical_risk plus the risk of another patient).
    features
        omics, feature, marker_of (subtype, 0 = none), follows_severity, constant.
    """

    name: str
    tables: dict[str, pd.DataFrame]
    clinical: pd.DataFrame
    truth: pd.DataFrame
    features: pd.DataFrame


def simulate_cohort(name: str, settings: Mapping[str, Any]) -> SimulatedCohort:
    """Simulate a cohort.

    Every omics, the patients, survival and the missing values have a random stream of their own: adding an omics, or
    changing `effect`, leaves the rest as it was.

    Parameters
    ----------
    name
        Prefix of the patient ids.
    settings
        ``simulate`` of a cohort, complete (``stratomics.config.defaults("simulate")``). `effect` is the difference in log
        hazard between neighbouring subtypes, `censoring` the share of patients without the event, `clinical_effect` the log
        hazard of one standard deviation of age and of stage, `missing` the share of missing values (0: a cohort without any
        gap), `lacking` the share of patients who lack an omics or several (never all), and `null` cuts the link between omics
        and survival: the planted risks are shuffled over the patients before survival is drawn. The omics themselves depend on
        neither `effect` nor `null`.

    Returns
    -------
    SimulatedCohort
    """
    n, n_subtypes, seed = settings["patients"], settings["subtypes"], settings["seed"]

    rng = _stream(seed, "patients")
    subtype = rng.permutation(np.arange(n) % n_subtypes)
    state = PatientState(
        profile=_mixed_profile(subtype, n_subtypes, rng),
        severity=rng.standard_normal(n),
        nuisance=rng.standard_normal((n, 1 + SHARED_NUISANCE)),
        second_sequencer=rng.random(n) < 0.4,
    )
    risk = settings["effect"] * (subtype - (n_subtypes - 1) / 2 + SEVERITY_EFFECT * state.severity)
    clinical = _covariates(name, state, _stream(seed, "covariates"))
    clinical_risk = settings["clinical_effect"] * (_standard(clinical["age"]) + _standard(clinical["stage"]))
    rng = _stream(seed, "survival")
    planted = rng.permutation(risk) if settings["null"] else risk
    log_hazard = planted + clinical_risk
    time, event = _survival(log_hazard, settings["censoring"], rng)
    clinical.insert(1, "time", time.astype(float))
    clinical.insert(2, "event", event.astype(int))
    clinical["stage"] = STAGES[clinical["stage"]]

    tables: dict[str, pd.DataFrame] = {}
    features: list[pd.DataFrame] = []
    for one in settings["omics"]:
        rng = _stream(seed, "omics", one["name"])
        measured, about = simulate_omics(
            one["name"], one["features"], one["values"], state, rng, settings["batch_effect"]
        )
        measured = _with_gaps(measured, settings["missing"], rng)
        table = pd.DataFrame(measured, columns=about["feature"].to_list())
        table.insert(0, "patient", clinical["patient"])
        tables[one["name"]] = table
        features.append(about)
    if settings["missing"] > 0:
        tables, clinical = _with_absences(tables, clinical, _stream(seed, "absences"))
    if settings["lacking"] > 0:
        tables = _without_omics(tables, clinical["patient"], settings["lacking"], _stream(seed, "lacking"))

    truth = pd.DataFrame(
        {
            "patient": clinical["patient"],
            "subtype": subtype + 1,
            "severity": state.severity,
            "risk": risk,
            "clinical_risk": clinical_risk,
            "log_hazard": log_hazard,
        }
    )
    return SimulatedCohort(name, tables, clinical, truth, pd.concat(features, ignore_index=True))


def write_simulated(simulated: SimulatedCohort, folder: str | Path) -> None:
    """Write the tables of a simulated cohort.

    Parameters
    ----------
    simulated
        The cohort.
    folder
        Gets ``<omics>.tsv.gz``, ``clinical.tsv.gz``, ``truth.tsv`` and ``truth_features.tsv``.
    """
    folder = Path(folder)
    for omics, table in simulated.tables.items():
        write_table(table, folder / f"{omics}.tsv.gz")
    write_table(simulated.clinical, folder / "clinical.tsv.gz")
    write_table(simulated.truth, folder / "truth.tsv")
    write_table(simulated.features, folder / "truth_features.tsv")


def simulated_cohort_config(settings: Mapping[str, Any], folder: str | Path, name: str = "simulated") -> dict[str, Any]:
    """Return the config of a cohort of files that reads back what `write_simulated` wrote.

    Parameters
    ----------
    settings
        Those given to `simulate_cohort`.
    folder
        That given to `write_simulated`.
    name
        Of the cohort.

    Returns
    -------
    dict
        An entry of ``cohorts`` in the config.
    """
    folder = Path(folder)
    omics = []
    for one in settings["omics"]:
        entry = {"name": one["name"], "path": str(folder / f"{one['name']}.tsv.gz")}
        entry["transform"] = TRANSFORMS[one["values"]]
        if one["values"] == "counts":
            entry["batch"] = "sequencer"
        omics.append(entry)
    clinical: dict[str, Any] = {
        "path": str(folder / "clinical.tsv.gz"),
        "patient": "patient",
        "time": "time",
        "event": "event",
        "covariates": list(COVARIATES),
        "exclude": {},
        "event_codes": None,
    }
    return {"name": name, "omics": omics, "clinical": clinical}


def _stream(seed: int, *parts: str) -> np.random.Generator:
    """Return the random stream of one part of the simulation."""
    return np.random.default_rng(np.random.SeedSequence([seed, derive_seed(seed, "simulate", *parts)]))


def _mixed_profile(subtype: np.ndarray, n_subtypes: int, rng: np.random.Generator) -> np.ndarray:
    """Return how much of each subtype every patient expresses: mostly the own one, the rest of one other."""
    n = len(subtype)
    own = rng.beta(*OWN_SHARE, n)
    other = (subtype + rng.integers(1, max(n_subtypes, 2), n)) % n_subtypes
    profile = np.zeros((n, n_subtypes))
    profile[np.arange(n), other] += 1 - own
    profile[np.arange(n), subtype] += own
    return profile


def _standard(column: pd.Series) -> np.ndarray:
    """Return a column with mean 0 and deviation 1."""
    values = column.to_numpy(np.float64)
    return (values - values.mean()) / values.std()


def _covariates(name: str, state: PatientState, rng: np.random.Generator) -> pd.DataFrame:
    """Draw age, sex, stage (0 to 3) and grade; none of them depends on the omics."""
    n = len(state.severity)
    return pd.DataFrame(
        {
            "patient": [f"{name}-{i:04d}" for i in range(1, n + 1)],
            "age": np.clip(np.round(rng.normal(61, 11, n)), 20, 90),
            "sex": rng.choice(["female", "male"], n, p=[0.4, 0.6]),
            "stage": rng.choice(4, n, p=[0.4, 0.27, 0.25, 0.08]),
            "grade": rng.choice(["G1", "G2", "G3"], n, p=[0.2, 0.5, 0.3]),
            "sequencer": np.where(state.second_sequencer, "HiSeq", "GA"),
        }
    )


def _survival(log_hazard: np.ndarray, censoring: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw Weibull times and censor the requested share; whole days, at least 1.

    A patient leaves the study at the earlier of its end (patients enter over years) and an exponential drop-out. Both are
    stretched by one factor, and the share censored falls as that factor grows, so a quantile of the ratios solves for it.
    """
    n = len(log_hazard)
    scale = MEDIAN_DAYS / np.log(2) ** (1 / WEIBULL_SHAPE)
    died = scale * (rng.exponential(size=n) / np.exp(log_hazard)) ** (1 / WEIBULL_SHAPE)
    left = np.minimum(rng.uniform(0.1, 1.0, n), 2.0 * rng.exponential(size=n))
    ratio = np.sort(died / left)
    n_events = max(n - round(censoring * n), 1)
    # Between two order statistics exactly `n_events` patients die before they leave.
    stretch = ratio[-1] + 1.0 if n_events == n else (ratio[n_events - 1] + ratio[n_events]) / 2
    left = left * stretch
    return np.maximum(np.ceil(np.minimum(died, left)), 1.0), died <= left


def _with_gaps(values: np.ndarray, missing: float, rng: np.random.Generator) -> np.ndarray:
    """Remove values at random, and many of a few features and of one or two patients."""
    if missing == 0:
        return values
    n, p = values.shape
    chance = np.full((n, p), missing)
    chance[:, rng.choice(p, size=max(1, p // 100), replace=False)] = 0.4
    chance[rng.choice(n, size=max(1, n // 200), replace=False)] = 0.4
    return np.where(rng.random((n, p)) < chance, np.nan, values)


def _with_absences(
    tables: dict[str, pd.DataFrame], clinical: pd.DataFrame, rng: np.random.Generator
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Take one patient in 150 out of each omics, the time from one in 150 and the stage from one in 100."""
    n = len(clinical)
    few = max(1, n // 150)
    out = {}
    for name, table in tables.items():
        present = np.ones(n, dtype=bool)
        present[rng.choice(n, size=few, replace=False)] = False
        out[name] = table[present].reset_index(drop=True)
    clinical = clinical.copy()
    clinical.loc[rng.choice(n, size=few, replace=False), "time"] = np.nan
    clinical.loc[rng.choice(n, size=max(1, n // 100), replace=False), "stage"] = None
    return out, clinical


def _without_omics(
    tables: dict[str, pd.DataFrame], patients: pd.Series, lacking: float, rng: np.random.Generator
) -> dict[str, pd.DataFrame]:
    """Take omics from a share of the patients, chosen at random: each loses any of them, and keeps at least one."""
    n, names = len(patients), list(tables)
    if len(names) < 2:
        return tables
    keeps = np.ones((n, len(names)), dtype=bool)
    for i in rng.choice(n, size=round(lacking * n), replace=False):
        lost = rng.permutation(len(names))[: rng.integers(1, len(names))]
        keeps[i, lost] = False
    return {
        name: table[table["patient"].isin(patients[keeps[:, i]])].reset_index(drop=True)
        for i, (name, table) in enumerate(tables.items())
    }
