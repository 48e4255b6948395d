"""What follows training: history, stopping, callbacks, interrupts, divergence."""
