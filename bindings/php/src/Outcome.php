<?php

declare(strict_types=1);

namespace Vce;

/**
 * What became of an event, as far as the evidence goes.
 *
 * The numbers are those of `vce_outcome` in the C ABI.
 */
enum Outcome: int
{
    /** Certainly not created: sending it again cannot make a duplicate. */
    case NotCreated = 0;

    case Created = 1;

    /** The request left, and no answer told what it did: sending it again may make a duplicate. */
    case MaybeCreated = 2;
}
