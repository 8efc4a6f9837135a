"""Motion capture files of several kinds -> SMPL poses, checked against where the files' own joints are."""
