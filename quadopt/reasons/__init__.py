"""Why the plan is as it is, and why there is none: asked of the same programs that look for it."""
