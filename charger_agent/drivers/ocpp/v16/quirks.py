"""What models of charge points do otherwise than the specification says: one line each.

A model is recognised by what it says at boot. Who has another one adds a line here.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirks:
    """What is to be done otherwise with a model."""

    whole_amperes: bool = False
    """It takes limits in whole amperes only."""
    rate_unit: str = ""
    """It takes limits in this unit only, whatever it says: `A` or `W`."""
    no_profiles: bool = False
    """It says that it takes charging profiles, and does not obey them."""
    no_reservation: bool = False
    """It says that it keeps reservations, and does not."""
    no_trigger: bool = False
    """It answers no TriggerMessage."""
    extra_fields: bool = False
    """It sends fields that no schema knows; they are left out."""


PLAIN = Quirks()
"""A model that does as the specification says."""

MODELS: tuple[tuple[str, str, Quirks], ...] = (
    # Reservation is in its documentation's list of what it lacks.
    ("go-e", "", Quirks(no_reservation=True, whole_amperes=True)),
    # Vendor and firmware add fields of their own to what they send.
    ("alfen", "", Quirks(extra_fields=True)),
    ("wallbox", "", Quirks(whole_amperes=True)),
)
"""Beginnings of vendor and model as said at boot, case does not matter, and what is to be done. The
first that fits counts."""


def quirks_of(vendor: str, model: str) -> Quirks:
    """Return what is to be done otherwise with a model.

    Args:
        vendor: As said at boot.
        model: As said at boot.
    """
    said = vendor.casefold(), model.casefold()
    for begins, continues, quirks in MODELS:
        if said[0].startswith(begins) and said[1].startswith(continues):
            return quirks
    return PLAIN
