"""What is learned of tunes: the network and its training, the player's rhythm, range and touch."""
