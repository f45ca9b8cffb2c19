"""From a piece to files: MIDI, sound, lead sheet, pictures and the page."""
