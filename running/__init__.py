"""Running a program: settings, what is told on the console, files that are read and written safely and remembered."""
