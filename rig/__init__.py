"""The glue between Blender's data and the backend; the only place that reads or writes armatures."""
