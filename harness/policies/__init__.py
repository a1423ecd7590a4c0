"""What a user does next, decided from the plan, from what happened and from a seeded draw. Pure."""
