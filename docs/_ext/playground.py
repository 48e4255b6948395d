"""The playground page's scripts and rules, which it loads and no other page."""

# In this order: each uses those before it. tests/playground_node.js runs those up to "training".
SCRIPTS = ("random", "program", "writer", "data", "training", "texts", "pictures", "network",
           "follow", "page")  # fmt: skip


def add_files(app, pagename, templatename, context, doctree):
    """Give the page its scripts and its rules."""
    if pagename == "playground":
        app.add_css_file("playground/playground.css")
        for name in SCRIPTS:
            app.add_js_file(f"playground/{name}.js", loading_method="defer")


def setup(app):
    """Register with Sphinx."""
    app.connect("html-page-context", add_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
