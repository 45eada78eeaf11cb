"""A mandate: one named officer may release a message of one scenario alone, within limits that two others signed.

Kerr County, 4 July 2025: asked for at 04:22, "a supervisor must approve", first alert at 05:34.
"""

SIGNED_WITH_A_MANDATE = ("language-missing", "text-unread")
"""Rules about the scenario itself: who signs a mandate read its texts, and accepts these with it."""
