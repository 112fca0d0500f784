"""The verbs about devices: `fake`, which is one that is not there, and `doctor`, for real ones."""

from pathlib import Path
from typing import Annotated

import typer

Url = Annotated[
    str | None,
    typer.Option(
        "--url",
        "--broker",
        metavar="URL",
        help="Where it connects to: a broker, mqtt://host:port, or for OCPP ws://host:port/path.",
    ),
]
DeviceName = Annotated[
    str | None,
    typer.Option("--name", metavar="NAME", help="What it is called on the wire."),
]
Speed = Annotated[
    float,
    typer.Option("--speed", metavar="N", min=0.001, help="Seconds of physics in a real second."),
]
Power = Annotated[
    int, typer.Option("--power", metavar="W", min=1, help="A charger's rated power, in watts.")
]
DeviceSeed = Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Decide all chance.")]
DeviceOptions = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="One of the device's own options."),
]

POWER_W = 11_000
"""A household's three phases of 16 A. [W]"""


doctor = typer.Typer(
    name="doctor",
    help="Look over what is to be put into service, and say what to do.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def register(app: typer.Typer) -> None:
    """Add these verbs to the command."""
    app.command(epilog="Example: tangleway fake openevse --broker mqtt://127.0.0.1:1883")(fake)
    app.add_typer(doctor)


def fake(
    device: Annotated[
        str | None,
        typer.Argument(metavar="[DEVICE]", help="Which device; without it, all are listed."),
    ] = None,
    *,
    url: Url = None,
    name: DeviceName = None,
    speed: Speed = 1.0,
    power: Power = POWER_W,
    seed: DeviceSeed = 0,
    options: DeviceOptions = None,
) -> int:
    """Run a fake charger or gate on the exact wire of a real one.

    It says where it is connected and what it is, and then takes lines on standard input, such as
    plug 11000, unplug, fault, repair, cut (the connection), join. Ctrl+C ends it.
    """
    from tangleway.fake_command import FakeRequest, list_fakes, run_fake

    if device is None:
        list_fakes()
        return 0
    return run_fake(
        FakeRequest(
            device=device,
            url=url,
            name=name,
            speed=speed,
            power_w=power,
            seed=seed,
            options=tuple(options or ()),
        )
    )


@doctor.command(
    epilog="Example: tangleway doctor charger --config charger.toml. Exit codes: 0 all is well,"
    " 3 a device is away, 6 a check was found false."
)
def charger(
    *,
    config: Annotated[
        Path, typer.Option("--config", metavar="FILE", help="The charging site's settings (TOML).")
    ],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Look over the chargers of a site: link, clock, meter, limits, and what is left without us.

    Where a car is plugged in, power flows for some seconds, to measure how soon a limit is obeyed
    and that it dies by itself. Elsewhere that is left out. The agent must not run meanwhile.
    """
    from tangleway.doctor_command import ChargerRequest, examine_chargers

    return examine_chargers(ChargerRequest(config, as_json=json))
