"""The chain behind an embedding as one thing: latents tied to survival -> subtypes -> risk -> classifier.

A module per stage (`select`, `cluster`, `risk`, `classify`), so that a change to one stage reruns the jobs of that stage and
those after it, and no others; `fit` has them as one object for permutations, resampling and comparators, `labels` is the
vocabulary of what it says of patients, `run` takes a whole cohort through it in memory.
"""
