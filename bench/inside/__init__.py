"""What is called in a process of an installation that is being measured."""
