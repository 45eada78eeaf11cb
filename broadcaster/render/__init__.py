"""From a draft to the texts of every channel kind and language: pure, and in a limited process."""
