"""The app: how releases do, where the numbers come from, and which footage earns its place."""
