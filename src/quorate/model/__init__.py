"""Frozen values that every layer shares: people, evidence, requirements, activities."""
