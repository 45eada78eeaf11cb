"""What a browser is given by a hub and by a relay alike: assets, and HTML under a policy that lets nothing else run."""
