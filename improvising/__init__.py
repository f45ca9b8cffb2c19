"""From a trained network to solos: sampling, realising, the band, and what can be measured of a solo."""
