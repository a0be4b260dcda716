"""Sessions that a framework or a stand-in hands over."""
