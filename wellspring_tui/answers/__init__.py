"""OUT: output and error files become an index, usage, money and exports."""
