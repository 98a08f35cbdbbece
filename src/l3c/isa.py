"""The instruction sets of the compiled engine.

`L3C_ISA` in the environment forces one: `portable`, `sse41`, `avx2`, `avxvnni`, `avx512vnni` or `neondot`. Where the
machine lacks it, that is an error, never another one silently. All give the same bytes and the same pixels.
"""

from __future__ import annotations

import os

from l3c import _engine
from l3c.errors import EngineError

ISA_VARIABLE = "L3C_ISA"  # of the environment: names the instruction set to be used


def supported_isas() -> list[str]:
    """Instruction sets that this build and this processor have, fastest first."""
    return list(_engine.supported_isas())


def chosen_isa() -> str:
    """The instruction set in use: what L3C_ISA asks for, or the fastest. Raises EngineError where it is missing."""
    supported = supported_isas()
    wanted = os.environ.get(ISA_VARIABLE) or supported[0]
    if wanted not in supported:
        raise EngineError(f"{ISA_VARIABLE}={wanted}: not available on this machine, which has {', '.join(supported)}")
    return wanted


def forced_isa() -> str:
    """The instruction set that L3C_ISA asks for; empty where it does not. Raises EngineError where it is missing."""
    return chosen_isa() if os.environ.get(ISA_VARIABLE) else ""
