"""From configuration to objects, per role. The only place that knows which parts make a process."""
