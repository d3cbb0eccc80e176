"""Everything of Touchline that runs without a screen: media, entities, models, training, analysis, store."""

__version__ = "0.1.0"
