"""How it is shown: takes results and prints them, decides nothing."""
