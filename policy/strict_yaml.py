"""The engine's strict YAML for the files of adapters: values with the places at which they stand."""

from engine.problems import Problem, did_you_mean
from engine.strict_yaml import Located, read_yaml

__all__ = ["Located", "Problem", "did_you_mean", "read_yaml"]
