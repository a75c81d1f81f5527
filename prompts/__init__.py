"""What the model is told: one Markdown file per prompt, with a version, and a loader."""
