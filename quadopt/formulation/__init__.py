"""The algebra of the model, and nothing else: one concern a file, each constraint a function."""
