"""`python -m poollint`."""

from poollint.cli.main import main

if __name__ == "__main__":
    main()
