"""The xAPI resources, one module each, in versions 1.0.3 and 2.0."""
