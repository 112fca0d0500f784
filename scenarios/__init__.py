"""Stories: casts of agents that run as real processes, and what must hold when they are over."""
