"""What a package that adds a part inherits in its tests: public fakes and contract tests."""
