"""What Tangleway promises, checked."""
