"""The tree of errors and its exit codes are a promise."""

import pytest

import l3c
from l3c import errors

EXIT_CODES = {
    "L3CError": 1,
    "InputError": 2,
    "FormatError": 3,
    "VersionError": 3,
    "ChecksumError": 3,
    "ModelError": 4,
    "LimitError": 5,
    "EngineError": 6,
    "DependencyError": 7,
}


def test_the_table_is_complete() -> None:
    defined = {name for name, value in vars(errors).items() if isinstance(value, type)}
    assert defined == set(EXIT_CODES)
    assert defined <= set(l3c.__all__)


@pytest.mark.parametrize(("name", "code"), EXIT_CODES.items())
def test_every_error_is_an_l3c_error_and_a_value_error(name: str, code: int) -> None:
    error = getattr(l3c, name)
    assert issubclass(error, l3c.L3CError)
    assert issubclass(error, ValueError)
    assert error.exit_code == code
    assert name in str(errors.__doc__)


def test_versions_and_check_sums_are_matters_of_format() -> None:
    assert issubclass(l3c.VersionError, l3c.FormatError)
    assert issubclass(l3c.ChecksumError, l3c.FormatError)
