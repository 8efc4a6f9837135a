"""Poses onto any rig: bone names to joints, SMPL rotations to the rig's own bones."""
