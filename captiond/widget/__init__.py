"""The browser's part, as package data: the web component, the pages, and `bundle`, which joins the component's sources.

Which file is served under which address is in `captiond.serve.pages`; docs/widget.md tells how to use the component.
"""
