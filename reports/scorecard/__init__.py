"""What an audit leaves for its readers: a `harness.scorecard.Scorecard` in one format a file."""
