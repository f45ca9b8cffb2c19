"""Running a program: settings, the console, how a run ends, sets of files, what is kept, helping processes."""
