"""Check event types before they are used: no network, no credentials.

Usage: python validate.py custom:order_paid custom:oops!
"""

import sys

import vce


def main(types: list[str]) -> int:
    invalid = 0
    for type_ in types:
        try:
            vce.validate_type(type_)
        except vce.InvalidEventError as error:
            invalid += 1
            print(f"{type_}: {error.status.name} at byte {error.offset}: {error}")
        else:
            print(f"{type_}: valid")
    return 1 if invalid else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
