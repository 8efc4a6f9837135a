"""Pose estimation and retargeting in numpy and torch; never imports bpy or mathutils."""
