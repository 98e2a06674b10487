"""Each stage of the chain over all splits of a cohort at once; what the jobs of the workflow call.

A module per stage, so that a change to one stage reruns that stage and those after it, and no others.
"""
