"""Data before training: label files, CASIA-HWDB files, the data report, conversion, contact sheets."""
