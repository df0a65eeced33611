"""``python -m shouxie``."""

from shouxie.cli import main

if __name__ == "__main__":
    main()
