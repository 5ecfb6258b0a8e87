"""How Sphinx builds the documentation: ``tox -e docs``."""

from __future__ import annotations

from importlib.metadata import version as installed

from qapps_mock.service import exceptions

project = "qapps-mock"
author = "the authors of qapps-mock"
copyright = author
release = version = installed("qapps-mock")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
# A link or a cross-reference that leads nowhere is a warning, and so an error.
nitpicky = True
# There is no inventory of other projects, because the documentation is built without a network.
nitpick_ignore_regex = [
    ("py:.*", r"(collections|contextlib|datetime|os|qapps_mock\.mock\.T)\b.*"),
    # Aliases of types, which signatures show by their names.
    (
        "py:class",
        "OptionArguments|ExceptionName|OperationName|UploadFailureName|QAppsClient|Value|When",
    ),
]
# What docstrings have in single backticks is code.
default_role = "code"

myst_enable_extensions = ["substitution"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
napoleon_google_docstring = True
napoleon_use_ivar = True

html_theme = "furo"
html_title = f"qapps-mock {release}"
html_show_sourcelink = False
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["ledger.js"]


def table(head: str, *rows: str) -> str:
    """Return a table; the cells of *head* and of each row are separated by bars."""
    line = "|".join("---" for _ in head.split("|"))
    return "\n".join(f"| {row} |" for row in (head, line, *rows))


def errors() -> str:
    """Return the modelled exceptions, their statuses and members."""
    rows = []
    for name, error in exceptions.MODELLED.items():
        members = ", ".join(
            f"`{key}={value!r}`" for key, value in error().complete_members().items()
        )
        rows.append(f"`{name}` | {error().status} | {members or 'none'} | {error().message}")
    return table("exception | status | members | message", *rows)


myst_substitutions = {"exceptions": errors()}
