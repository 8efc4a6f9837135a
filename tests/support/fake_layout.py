"""A layout that panels are drawn into without a window, and that remembers what was drawn."""

from types import SimpleNamespace

import bpy


class Layout:
    """A layout that keeps the texts, operators and icons drawn in it, as Blender's would draw them."""

    def __init__(self, drawn=None):
        object.__setattr__(self, "drawn", drawn if drawn is not None else [])

    def __setattr__(self, name, value):
        self.drawn.append((name, value))

    def label(self, text="", icon="NONE", **kind):
        self.drawn.append(("label", text, icon))
        assert icon in bpy.types.UILayout.bl_rna.functions["label"].parameters["icon"].enum_items

    def operator(self, name, text=None, icon="NONE", **kind):
        namespace, function = name.split(".")
        label = getattr(getattr(bpy.ops, namespace), function).get_rna_type().name
        self.drawn.append(("operator", name, text if text is not None else label))
        return SimpleNamespace()

    def prop(self, data, name, **kind):
        assert name in data.bl_rna.properties
        self.drawn.append(("prop", name))

    def prop_search(self, data, name, source, collection, **kind):
        assert name in data.bl_rna.properties
        assert collection in source.bl_rna.properties
        self.drawn.append(("prop_search", name))

    def menu(self, name, **kind):
        assert hasattr(bpy.types, name)
        self.drawn.append(("menu", name))

    def progress(self, factor=0.0, text="", **kind):
        self.drawn.append(("progress", round(factor, 3), text))

    def template_icon(self, icon_value, scale):
        self.drawn.append(("icon", icon_value))

    def panel(self, name, default_closed=False):
        return Layout(self.drawn), Layout(self.drawn)

    def _inner(self, *arguments, **kind):
        return Layout(self.drawn)

    row = column = box = split = grid_flow = _inner

    def separator(self, **kind):
        pass

    def sentences(self):
        """The sentences, each with all its lines."""
        lines = [entry[1:] for entry in self.drawn if entry[0] == "label"]
        found = []
        for text, icon in lines:
            if icon == "BLANK1" and found:
                found[-1] += f" {text}"
            else:
                found.append(text)
        return found

    def texts(self):
        return " ".join(str(part) for name, *rest in self.drawn for part in (rest[:1] if name == "label" else rest))


def draw(name, *, width=300):
    """Draw a panel in a sidebar of that width; returns its layout."""
    layout = Layout()
    panel = getattr(bpy.types, name)
    context = SimpleNamespace(
        scene=bpy.context.scene,
        active_object=bpy.context.active_object,
        preferences=bpy.context.preferences,
        window_manager=bpy.context.window_manager,
        region=SimpleNamespace(width=width),
    )
    assert not hasattr(panel, "poll") or panel.poll(context)
    panel.draw(SimpleNamespace(layout=layout), context)
    return layout
