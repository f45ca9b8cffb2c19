"""What is learned of tunes, the network and what its experts know of the player, and the sampler that asks them."""
