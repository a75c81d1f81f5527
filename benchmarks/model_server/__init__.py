"""A local server that speaks OpenAI's API: scripted, plausible, refusing or hostile, never a real model."""
