"""JSON schemas of OCPI 2.3.0's CDR and APDS' session, written from the specifications.

Only what this project writes is described, and nothing else is allowed.
"""

from typing import Any

Schema = dict[str, Any]

MOMENT: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
NUMBER: Schema = {"type": "number"}


def text(length_max: int, pattern: str = r"^[^\x00-\x1f]*$") -> Schema:
    """Return the schema of a printable text."""
    return {"type": "string", "minLength": 1, "maxLength": length_max, "pattern": pattern}


def thing(required: dict[str, Schema], **optional: Schema) -> Schema:
    """Return the schema of an object that has no other fields."""
    return {
        "type": "object",
        "properties": required | optional,
        "required": list(required),
        "additionalProperties": False,
    }


def many(items: Schema, least: int = 1) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": items, "minItems": least}


def one_of(*values: str) -> Schema:
    """Return the schema of an enumeration."""
    return {"enum": list(values)}


PRICE = thing(
    {"before_taxes": NUMBER},
    taxes=many(
        thing({"name": text(255), "amount": NUMBER}, percentage=NUMBER, account_number=text(255))
    ),
)

TARIFF = thing(
    {
        "country_code": text(2),
        "party_id": text(3),
        "id": text(36),
        "currency": text(3),
        "elements": many(
            thing(
                {
                    "price_components": many(
                        thing(
                            {
                                "type": one_of("ENERGY", "FLAT", "PARKING_TIME", "TIME"),
                                "price": NUMBER,
                                "step_size": {"type": "integer", "minimum": 1},
                            }
                        )
                    )
                },
                restrictions=thing({"reservation": one_of("RESERVATION")}),
            )
        ),
        "tax_included": one_of("YES", "NO", "N/A"),
        "last_updated": MOMENT,
    },
    min_price=thing({"before_taxes": NUMBER}, after_taxes=NUMBER),
    max_price=thing({"before_taxes": NUMBER}, after_taxes=NUMBER),
)

LOCATION = thing(
    {
        "id": text(36),
        "address": text(45),
        "city": text(45),
        "country": text(3, "^[A-Z]{3}$"),
        "coordinates": thing(
            {
                "latitude": text(10, r"^-?[0-9]{1,2}\.[0-9]{5,7}$"),
                "longitude": text(11, r"^-?[0-9]{1,3}\.[0-9]{5,7}$"),
            }
        ),
        "evse_uid": text(36),
        "evse_id": text(48),
        "connector_id": text(36),
        "connector_standard": text(36),
        "connector_format": one_of("SOCKET", "CABLE"),
        "connector_power_type": one_of(
            "AC_1_PHASE", "AC_2_PHASE", "AC_2_PHASE_SPLIT", "AC_3_PHASE", "DC"
        ),
    },
    name=text(255),
    postal_code=text(10),
)

PERIOD = thing(
    {
        "start_date_time": MOMENT,
        "dimensions": many(
            thing(
                {
                    "type": one_of("ENERGY", "TIME", "PARKING_TIME", "RESERVATION_TIME"),
                    "volume": NUMBER,
                }
            )
        ),
    },
    tariff_id=text(36),
)

CDR = thing(
    {
        "country_code": text(2, "^[A-Z]{2}$"),
        "party_id": text(3, "^[A-Z0-9]{3}$"),
        "id": text(39),
        "start_date_time": MOMENT,
        "end_date_time": MOMENT,
        "cdr_token": thing(
            {
                "country_code": text(2),
                "party_id": text(3),
                "uid": text(36),
                "type": one_of("AD_HOC_USER", "APP_USER", "EMAID", "OTHER", "RFID"),
                "contract_id": text(36),
            }
        ),
        "auth_method": one_of("AUTH_REQUEST", "COMMAND", "WHITELIST"),
        "cdr_location": LOCATION,
        "currency": text(3, "^[A-Z]{3}$"),
        "charging_periods": many(PERIOD),
        "total_cost": PRICE,
        "total_energy": NUMBER,
        "total_time": NUMBER,
        "last_updated": MOMENT,
    },
    session_id=text(36),
    authorization_reference=text(36),
    meter_id=text(255),
    tariffs=many(TARIFF, 0),
    signed_data=thing(
        {
            "encoding_method": text(36),
            "signed_values": many(
                thing(
                    {
                        "nature": one_of("Start", "End", "Intermediate"),
                        "plain_data": text(5000),
                        "signed_data": text(5000, "^[A-Za-z0-9+/]+=*$"),
                    }
                )
            ),
        },
        public_key=text(512),
    ),
    total_fixed_cost=PRICE,
    total_energy_cost=PRICE,
    total_time_cost=PRICE,
    total_parking_time=NUMBER,
    total_parking_cost=PRICE,
    total_reservation_cost=PRICE,
    remark=text(255),
    credit={"type": "boolean"},
    credit_reference_id=text(39),
) | {"dependentRequired": {"credit": ["credit_reference_id"], "credit_reference_id": ["credit"]}}

UUID = text(36, "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
VERSION: Schema = {"type": "integer", "minimum": 1}
REFERENCE = thing({"id": text(200), "version": VERSION}, className=text(50, "^([A-Z][a-z0-9]+)+$"))
CREDENTIAL = thing(
    {
        "type": one_of("electronicID"),
        "identifier": thing({"className": text(50), "id": text(200)}),
        "issuer": many(thing({"language": text(2, "^[a-z]{2}$"), "string": text(200)})),
    }
)
AMOUNT = thing({"currencyType": text(3, "^[A-Z]{3}$"), "currencyValue": NUMBER})
PAYMENT = thing(
    {
        "id": UUID,
        "version": VERSION,
        "serviceProvider": REFERENCE,
        "paymentLines": many(
            thing(
                {
                    "id": UUID,
                    "version": VERSION,
                    "value": AMOUNT,
                    "paymentType": one_of("payment", "validation"),
                }
            )
        ),
    },
    dateCollected=MOMENT,
    startPeriodCovered=MOMENT,
    endPeriodCovered=MOMENT,
    transactionID=text(64),
)
ASSIGNED_RIGHT = thing(
    {
        "id": UUID,
        "version": VERSION,
        "rightHolder": thing({"credentials": many(CREDENTIAL)}),
        "rightSpecification": REFERENCE,
    },
    expiry=MOMENT,
    issueMethod=one_of("electronic", "ticket", "permit"),
    minutesUsed=NUMBER,
    payments=many(PAYMENT),
    monetaryValue=thing(
        {"taxIncluded": {"type": "boolean"}, "serviceProvider": REFERENCE, "value": AMOUNT}
    ),
)
PARKING_SESSION = thing(
    {
        "id": UUID,
        "version": VERSION,
        "actualStart": MOMENT,
        "initiator": REFERENCE,
        "identifiedCredentials": many(CREDENTIAL),
        "segments": many(
            thing(
                {
                    "id": UUID,
                    "version": VERSION,
                    "actualStart": MOMENT,
                    "assignedRight": ASSIGNED_RIGHT,
                    "validationType": many(one_of("electronicID")),
                },
                actualEnd=MOMENT,
                spaceId=thing({"className": text(50), "id": text(64)}),
                validationId=text(64),
            )
        ),
    },
    actualEnd=MOMENT,
    hierachyElement=REFERENCE,
)
