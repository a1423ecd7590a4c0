"""Who the users are (Locust files) and what happens to them (plans)."""
