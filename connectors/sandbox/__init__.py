"""The demo's two trackers over loopback HTTP: one invented company, answered as real servers answer."""
