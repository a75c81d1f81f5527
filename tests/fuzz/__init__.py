"""Programs that look for inputs on which a parser breaks."""
