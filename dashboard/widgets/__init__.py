"""Widgets on Textual's line API: they repaint only what has changed.

Textual's own `DataTable` renders every visible cell anew for any change of any cell; for data that
never stands still that is half a core. See docs/dashboard.md for the figures.
"""
