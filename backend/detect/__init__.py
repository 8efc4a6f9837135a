"""Evidence from pictures: photo, drawing, sentence or video -> `Observation`."""
