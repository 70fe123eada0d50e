"""Rollout phases: from development to paper to sandbox, each with its pack, its limits and its evidence."""
