"""From a file or a chart to a tune: its melody, its chords, its bars."""
