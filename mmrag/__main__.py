"""`python -m mmrag` is `mmrag`."""

from mmrag.cli import main

if __name__ == "__main__":
    main()
