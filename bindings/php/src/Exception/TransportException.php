<?php

declare(strict_types=1);

namespace Vce\Exception;

use RuntimeException;
use Throwable;
use Vce\Internal\Described;
use Vce\Outcome;
use Vce\Status;

/**
 * The server was not reached, the connection broke, or the answer is invalid.
 */
final class TransportException extends RuntimeException implements ExceptionInterface
{
    use Described {
        __construct as private describe;
    }

    /**
     * @param ?int    $httpStatus null if no answer came
     * @param ?string $response   the answer's body as received (its first 64 KiB)
     */
    public function __construct(
        string $message,
        Status $status,
        Outcome $outcome = Outcome::NotCreated,
        bool $retryable = false,
        ?Throwable $previous = null,
        public readonly ?int $httpStatus = null,
        public readonly ?string $response = null,
    ) {
        $this->describe($message, $status, $outcome, $retryable, $previous);
    }
}
