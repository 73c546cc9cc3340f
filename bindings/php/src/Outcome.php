<?php

declare(strict_types=1);

namespace Vce;

/**
 * Whether an event exists, as far as it is known.
 *
 * The numbers are those of `vce_outcome` in the C ABI.
 */
enum Outcome: int
{
    /** Certainly not created: you can create it again without making a duplicate. */
    case NotCreated = 0;

    case Created = 1;

    /** The request left, but no answer says whether the event exists: list the events first. */
    case MaybeCreated = 2;
}
