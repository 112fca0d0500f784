"""The seven screens and the pages behind them."""
