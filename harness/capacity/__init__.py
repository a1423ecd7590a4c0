"""How much load a system carries within its objectives, and what to ask of a provider. Cores are pure."""
