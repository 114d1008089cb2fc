"""Name every failure of ours, so that a person learns what is wrong and what to do next."""


class SamedayError(Exception):
    """Base of all our errors: the message names the thing and the next step."""


class ConfigurationError(SamedayError):
    """The settings can't be used as written; the command line answers with exit code 2."""


class StoreError(SamedayError):
    """The database can't be opened, is locked by another program, or is of another version."""


class HorizonError(SamedayError):
    """A walk over days met no working time within its horizon (SEMANTICS.md section 1)."""
