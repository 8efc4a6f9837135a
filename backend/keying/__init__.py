"""Dense motion -> what an animator keeps: few keys within a stated error, loops, another frame rate; no bpy."""
