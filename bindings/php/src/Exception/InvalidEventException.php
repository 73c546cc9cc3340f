<?php

declare(strict_types=1);

namespace Vce\Exception;

use InvalidArgumentException;
use Throwable;
use Vce\Internal\Described;
use Vce\Outcome;
use Vce\Status;

/**
 * An argument breaks a rule: a type, a body, an id, a list's filter. Nothing was sent.
 */
final class InvalidEventException extends InvalidArgumentException implements ExceptionInterface
{
    use Described {
        __construct as private describe;
    }

    /**
     * @param ?int $offset the byte of the first offence in the type, the id or the body's JSON text
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
