"""Wide numbers (17 bits and more) as residuals of a prediction."""
