<?php

declare(strict_types=1);

namespace Vce\Internal;

use Throwable;
use Vce\Outcome;
use Vce\Status;

/**
 * What all exceptions carry. This is a trait, so that each class can extend the SPL exception that fits it.
 *
 * @internal
 */
trait Described
{
    public function __construct(
        string $message,
        public readonly Status $status,
        public readonly Outcome $outcome = Outcome::NotCreated,
        public readonly bool $retryable = false,
        ?Throwable $previous = null,
    ) {
        parent::__construct($message, $status->value, $previous);
    }
}
