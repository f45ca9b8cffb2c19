"""What all stand on: notes, chords, bars and pieces, the units of time, chord symbols, what a note is over a chord."""
