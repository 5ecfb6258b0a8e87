"""The options of `mock_qapps`. The pytest plugin imports this module, so it imports the standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, TypedDict, get_args

from qapps_mock.close_match import did_you_mean

if TYPE_CHECKING:
    from moto.core.config import DefaultConfig

UploadHost = Literal["aws", "loopback"]

# A SigV4 signing key is valid for seven days, so no presigned URL can be valid longer (Amazon S3 API reference).
_LONGEST_LIFETIME = timedelta(days=7)
# The maximum of `limit` in the service model.
_LARGEST_PAGE = 100


class OptionArguments(TypedDict, total=False):
    """The options as keyword arguments: for annotations of ``**options``."""

    strict: bool
    url_lifetime: timedelta | float
    max_file_size: int
    enforce_all_posts: bool
    upload_host: UploadHost
    config: DefaultConfig | None
    page_size: int
    seed: int | None
    assert_all_used: bool
    upload_credentials: Mapping[str, str] | None


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of `mock_qapps` with their defaults, checked at construction."""

    strict: bool = False
    url_lifetime: timedelta | float = timedelta(minutes=15)
    max_file_size: int = 50 * 1024 * 1024
    enforce_all_posts: bool = False
    upload_host: UploadHost = "aws"
    config: DefaultConfig | None = None
    page_size: int = 100
    seed: int | None = None
    assert_all_used: bool = True
    upload_credentials: Mapping[str, str] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for name in ("strict", "enforce_all_posts", "assert_all_used"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"{name} is {getattr(self, name)!r}: it must be True or False")
        object.__setattr__(self, "url_lifetime", _checked_lifetime(self.url_lifetime))
        size = self.max_file_size
        if not _is_whole(size) or size < 1:
            raise ValueError(f"max_file_size is {size!r}: it must be a whole number of bytes, 1 or more")
        if self.upload_host not in get_args(UploadHost):
            raise ValueError(f"upload_host is {self.upload_host!r}: it must be 'aws' or 'loopback'")
        if self.config is not None and not isinstance(self.config, dict):
            raise ValueError(
                f"config is {self.config!r}: it must be None or a dict that moto.mock_aws(config=...) accepts"
            )
        if not _is_whole(self.page_size) or not 1 <= self.page_size <= _LARGEST_PAGE:
            raise ValueError(
                f"page_size is {self.page_size!r}: it must be a whole number, 1 to {_LARGEST_PAGE}"
            )
        if self.seed is not None and not _is_whole(self.seed):
            raise ValueError(
                f"seed is {self.seed!r}: it must be a whole number, or None for ids made at random"
            )
        object.__setattr__(self, "upload_credentials", _checked_credentials(self.upload_credentials))

    @property
    def lifetime(self) -> timedelta:
        """How long a presigned URL is valid."""
        assert isinstance(self.url_lifetime, timedelta)
        return self.url_lifetime


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _checked_lifetime(value: timedelta | float) -> timedelta:
    try:
        lifetime = value if isinstance(value, timedelta) else timedelta(seconds=value)
    except (TypeError, ValueError, OverflowError):
        lifetime = timedelta(0)
    if isinstance(value, bool) or not timedelta(0) < lifetime <= _LONGEST_LIFETIME:
        raise ValueError(
            f"url_lifetime is {value!r}: it must be a timedelta, or a number of seconds, "
            "of more than 0 and at most 7 days (604800 seconds)"
        )
    return lifetime


def _checked_credentials(value: Any) -> Mapping[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        shown = repr(value)
    elif all(isinstance(text, str) and text for pair in value.items() for text in pair):
        return dict(value)
    else:
        shown = repr(dict.fromkeys(value, "..."))  # no secret shows
    raise ValueError(
        f"upload_credentials is {shown}: it must be None or a dict of access keys and their secrets, "
        "all of them texts that are not empty"
    )


DEFAULTS = Options()


def option_names() -> list[str]:
    """Return the names of the options."""
    return [option.name for option in fields(Options)]


def checked_options(arguments: Mapping[str, Any]) -> Options:
    """Make the options from keyword arguments.

    Raises:
        TypeError: an option that does not exist.
        ValueError: an option's value that is not valid.
    """
    for name in arguments:
        valid = option_names()
        if name not in valid:
            raise TypeError(
                f"mock_qapps has no option {name!r}.{did_you_mean(name, valid)} "
                f"Its options are: {', '.join(valid)}."
            )
    return Options(**arguments) if arguments else DEFAULTS


def options_with_defaults() -> str:
    """Return the options as a signature shows them; the lifetime in seconds."""
    shown = {**vars(DEFAULTS), "url_lifetime": int(DEFAULTS.lifetime.total_seconds())}
    return ", ".join(f"{name}={value!r}" for name, value in shown.items())
