<?php

declare(strict_types=1);

namespace Vce\Exception;

use RuntimeException;
use Throwable;
use Vce\Internal\Described;
use Vce\Outcome;
use Vce\Status;

/**
 * A failure that only a newer native library knows: `getCode()` is its number.
 */
final class UnknownException extends RuntimeException implements ExceptionInterface
{
    use Described {
        __construct as private describe;
    }

    public function __construct(
        string $message,
        Status $status = Status::Unknown,
        Outcome $outcome = Outcome::MaybeCreated,
        bool $retryable = false,
        ?Throwable $previous = null,
        int $number = -1,
    ) {
        $this->describe($message, $status, $outcome, $retryable, $previous);
        $this->code = $number;
    }
}
