"""Folders: every file of a tree encoded, decoded or verified, on this machine or on several."""
