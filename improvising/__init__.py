"""From a trained network to solos: sampled and realised, the band, and what can be measured of a solo."""
