"""How properties are tried here: the same examples in every run, and never against the clock."""

from hypothesis import settings

settings.register_profile("arrears", deadline=None, derandomize=True)
settings.load_profile("arrears")
