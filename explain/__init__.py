"""Why an action was spotted: pure functions over a model and its input, each measured, none made up."""
