"""Where folders, the database and the limits are: read once from the environment into one dataclass."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import OutsideRoots

HOME = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    """Everything that an installation can set. Paths are absolute; `roots` are the folders that may be read."""

    datasets: Path
    models: Path
    assets: Path
    roots: tuple[Path, ...]
    database: str
    port: int
    workers: int
    labeller: str
    preview_bytes: int

    @property
    def cache(self) -> Path:
        """What can be made again: views and previews. It may be deleted at any time."""
        return self.datasets / "cache"

    @property
    def backups(self) -> Path:
        """Copies of the catalogue."""
        return self.datasets / "backups"

    def inside(self, path: Path) -> Path:
        """`path` with links and `..` resolved. Raises OutsideRoots when it leads out of the allowed folders."""
        real = path.expanduser().resolve()
        if not any(real.is_relative_to(root) for root in self.roots):
            raise OutsideRoots(path, self.roots)
        return real


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings of this installation: the EYESPY_* variables over the defaults beside the program."""
    env = os.environ if environment is None else environment
    datasets = _folder(env, "EYESPY_DATASETS", HOME / "datasets")
    roots = [Path(root).expanduser().resolve() for root in env.get("EYESPY_ROOTS", "").split(os.pathsep) if root]
    return Settings(
        datasets=datasets,
        models=_folder(env, "EYESPY_MODELS", HOME / "models"),
        assets=_folder(env, "EYESPY_ASSETS", HOME / "assets"),
        roots=(datasets, *(roots or [_pictures(env)])),
        database=env.get("EYESPY_DATABASE", f"sqlite:///{datasets / 'catalog.db'}"),
        port=int(env.get("EYESPY_PORT", "8501")),
        workers=int(env.get("EYESPY_WORKERS", str(os.cpu_count() or 1))),
        labeller=env.get("EYESPY_LABELLER") or env.get("USER") or "photographer",
        preview_bytes=int(env.get("EYESPY_PREVIEW_MB", "4000")) * 1_000_000,
    )


def _folder(env: Mapping[str, str], name: str, default: Path) -> Path:
    return Path(env.get(name) or default).expanduser().resolve()


def _pictures(env: Mapping[str, str]) -> Path:
    return (Path(env.get("XDG_PICTURES_DIR") or "~/Pictures").expanduser()).resolve()
