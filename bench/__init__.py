"""Measurements: ratios side by side, CPU per unit, counts. No part of the tests."""
