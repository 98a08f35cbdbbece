"""Where the files of a folder run lie: this machine, or any file system that fsspec knows."""
