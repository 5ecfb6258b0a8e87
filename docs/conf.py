"""How Sphinx builds the documentation: ``tox -e docs``."""

from __future__ import annotations

from importlib.metadata import version as installed

project = "qapps-mock"
author = "the authors of qapps-mock"
copyright = author
release = version = installed("qapps-mock")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
# A link or a cross-reference that leads nowhere is a warning, and so an error.
nitpicky = True

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
napoleon_google_docstring = True
napoleon_use_ivar = True

html_theme = "furo"
html_title = f"qapps-mock {release}"
html_show_sourcelink = False
