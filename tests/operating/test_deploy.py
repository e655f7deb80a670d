"""What stands in deploy/ names what there is, and the programs that read it take it."""

import re
import subprocess
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from kit.clock import now
from kit.config import from_environment
from operating.main import NOUNS
from server import application
from tests import make
from tests.walls.programs import find
from transport.serving import Serving
from transport.telemetry import Worked, telemetry_of
from workers.running.chores import Chores
from workers.running.dues import Dues
from workers.running.followers import Followers

DEPLOY = Path(__file__).parents[2] / "deploy"
SETTING = re.compile(r"\b(ABRUF_[A-Z_]+)(?=[:=]|\b)")
OF_ROLES = {f"ABRUF_{it}_PASSWORD" for it in ("OWNER", "APP", "BACKUP")}
"""What only roles.sh reads."""
BUILT = ("_total", "_bucket", "_sum", "_count")
"""What Prometheus adds to a metric's name."""


@pytest.fixture
def prometheus() -> str:
    return str(find("promtool"))


@pytest.fixture
def systemd() -> str:
    return str(find("systemd-analyze"))


def text_of(*names: str) -> str:
    return "".join((DEPLOY / name).read_text("utf-8") for name in names)


def test_every_setting_and_every_command_is_one_that_there_is() -> None:
    units = [f"systemd/abruf-{it}.service" for it in ("server", "worker")]
    text = text_of("compose.yaml", "Dockerfile", "nginx.conf", *units)
    named = set(SETTING.findall(text)) - OF_ROLES
    valid = {"ABRUF_MIGRATE": "0", "ABRUF_POOLER": "none", "ABRUF_WORKER": "0", "ABRUF_LOG": "json"}
    numbers = dict.fromkeys(it for it in named if it.endswith(("_PORT", "_SECONDS")))
    known = from_environment({**dict.fromkeys(named, ""), **dict.fromkeys(numbers, "1"), **valid})
    assert known.unknown == ()
    commands = re.findall(r"command: \[(\w+)\]|CMD \[\"(\w+)\"\]|bin/abruf (\w+)", text)
    words = {word for found in commands for word in found if word and word != "python"}
    assert words == {"migrate", "worker", "serve"}
    assert words <= NOUNS.keys()


def test_the_image_is_built_apart_and_runs_as_nobody_with_a_health_check() -> None:
    build, run = re.split(r"(?m)^FROM \S+:[\d.]+\S*( AS build)?\n", text_of("Dockerfile"))[2::2]
    assert "--require-hashes" in build
    assert re.findall(r"(?m)^(?:USER|COPY|HEALTHCHECK|ENTRYPOINT) ?\S+", run) == [
        "COPY --from=build",
        "USER 10001",
        "HEALTHCHECK --interval=10s",
        'ENTRYPOINT ["abruf"]',
    ]


def test_prometheus_takes_the_rules(prometheus: str) -> None:
    subprocess.run([prometheus, "check", "rules", str(DEPLOY / "alerts.yml")], check=True)


async def test_rules_ask_for_metrics_that_there_are(database: make.Walled) -> None:
    telemetry = telemetry_of(database)
    application(Serving(database, telemetry=telemetry))
    telemetry.registry.register(Worked(Followers(), Chores(database, now), Dues(), {}))
    shown = set(re.findall(r"(?m)^# TYPE (\w+) ", generate_latest(telemetry.registry).decode()))
    wanted = set(re.findall(r"\babruf_\w+", text_of("alerts.yml")))
    plain = {next((it.removesuffix(end) for end in BUILT if it.endswith(end)), it) for it in wanted}
    known = {it.removesuffix("_total") for it in shown}
    assert plain - known == set()


def test_systemd_takes_the_units(systemd: str, tmp_path: Path) -> None:
    units = []
    for unit in sorted((DEPLOY / "systemd").glob("*.service")):
        own = tmp_path / unit.name
        # The program is not installed where the tests run.
        own.write_text(unit.read_text().replace("/opt/abruf/bin/abruf", "/bin/true"))
        units.append(str(own))
    done = subprocess.run(
        [systemd, "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    ours = [it for it in done.stderr.splitlines() if "abruf" in it]
    assert (done.returncode, ours) == (0, [])
