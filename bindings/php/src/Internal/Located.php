<?php

declare(strict_types=1);

namespace Vce\Internal;

use Throwable;
use Vce\Outcome;
use Vce\Status;

/**
 * What exceptions about a text carry in addition: where the text is wrong.
 *
 * @internal
 */
trait Located
{
    use Described {
        __construct as private describe;
    }

    /**
     * @param ?int $offset the first wrong byte of the type, the id, the body's JSON text or the option's value
     */
    public function __construct(
        string $message,
        Status $status,
        Outcome $outcome = Outcome::NotCreated,
        bool $retryable = false,
        ?Throwable $previous = null,
        public readonly ?int $offset = null,
    ) {
        $this->describe($message, $status, $outcome, $retryable, $previous);
    }
}
