"""The embedded cloud and the command line: everything that is needed only on a laptop."""
