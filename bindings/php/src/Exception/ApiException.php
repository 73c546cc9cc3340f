<?php

declare(strict_types=1);

namespace Vce\Exception;

use RuntimeException;
use Throwable;
use Vce\Internal\Described;
use Vce\Outcome;
use Vce\Status;

/**
 * The server refused the request: this class for 400, 422 and other 4xx, else a subclass.
 */
class ApiException extends RuntimeException implements ExceptionInterface
{
    use Described {
        __construct as private describe;
    }

    /**
     * @param ?string $errorCode    Vonage's code, such as `conversation:error:not-found`
     * @param ?string $title        of the problem details
     * @param ?string $detail       of the problem details
     * @param ?string $traceId      Vonage's id of the request; their support can look it up
     * @param ?string $response     the answer's body as received (its first 64 KiB)
     * @param ?int    $retryAfterMs how long the server asked to wait, in milliseconds
     */
    final public function __construct(
        string $message,
        Status $status,
        Outcome $outcome = Outcome::NotCreated,
        bool $retryable = false,
        ?Throwable $previous = null,
        public readonly int $httpStatus = 0,
        public readonly ?string $errorCode = null,
        public readonly ?string $title = null,
        public readonly ?string $detail = null,
        public readonly ?string $traceId = null,
        public readonly ?string $response = null,
        public readonly ?int $retryAfterMs = null,
    ) {
        $this->describe($message, $status, $outcome, $retryable, $previous);
    }
}
