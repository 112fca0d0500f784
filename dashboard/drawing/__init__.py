"""What is drawn, as texts with tones: pure, so that a screen's picture is tested without a screen.

A *tone* is what a piece of text means (`ok`, `warn`, `error` …); which colour that is, a theme
says. A *sign* stands beside every tone, so that nothing is told by colour alone.
"""
