"""Provider adapters: one file or folder each, loaded by the name in the configuration."""
