<?php

declare(strict_types=1);

namespace Vce\Internal;

use FFI;
use FFI\CData;
use Vce\Exception\ApiException;
use Vce\Exception\AuthenticationException;
use Vce\Exception\ClosedException;
use Vce\Exception\ConfigException;
use Vce\Exception\CredentialsException;
use Vce\Exception\ExceptionInterface;
use Vce\Exception\ForbiddenException;
use Vce\Exception\InternalException;
use Vce\Exception\InvalidEventException;
use Vce\Exception\NotFoundException;
use Vce\Exception\QueueFullException;
use Vce\Exception\RateLimitedException;
use Vce\Exception\ServerException;
use Vce\Exception\StorageException;
use Vce\Exception\TimeoutException;
use Vce\Exception\TransportException;
use Vce\Outcome;
use Vce\Status;

/**
 * Turns a `vce_error` into an exception.
 *
 * @internal
 */
final class Failure
{
    /**
     * The exception for an error, which stays its owner's.
     */
    public static function read(FFI $ffi, CData $error): ExceptionInterface
    {
        // A later release of the same series may know a status that this package does not.
        $status = Status::tryFrom($ffi->vce_error_status($error)) ?? Status::Internal;
        $class = self::classFor($status);

        return new $class(
            $ffi->vce_error_message($error),
            $status,
            Outcome::from($ffi->vce_error_outcome($error)),
            $ffi->vce_error_is_retryable($error),
            ...self::details($ffi, $error, $class),
        );
    }

    /**
     * @return class-string<ExceptionInterface>
     */
    public static function classFor(Status $status): string
    {
        return match ($status) {
            Status::Config => ConfigException::class,
            Status::Credentials => CredentialsException::class,
            Status::Closed => ClosedException::class,
            Status::Argument,
            Status::TypePrefix,
            Status::TypeEmpty,
            Status::TypeTooLong,
            Status::TypeCharacter,
            Status::BodyJson,
            Status::BodyNotObject,
            Status::BodyTooLarge,
            Status::ConversationId,
            Status::MemberId,
            Status::EventId => InvalidEventException::class,
            Status::Connect,
            Status::Tls,
            Status::Network,
            Status::Response => TransportException::class,
            Status::Timeout => TimeoutException::class,
            Status::BadRequest => ApiException::class,
            Status::Unauthorized => AuthenticationException::class,
            Status::Forbidden => ForbiddenException::class,
            Status::NotFound => NotFoundException::class,
            Status::RateLimited => RateLimitedException::class,
            Status::Server => ServerException::class,
            Status::QueueFull => QueueFullException::class,
            Status::Storage => StorageException::class,
            Status::Ok,
            Status::End,
            Status::Internal => InternalException::class,
        };
    }

    /**
     * What only exceptions of this class carry.
     *
     * @param class-string<ExceptionInterface> $class
     *
     * @return array<string, int|string|null>
     */
    private static function details(FFI $ffi, CData $error, string $class): array
    {
        return match (true) {
            $class === InvalidEventException::class => [
                'offset' => self::unless(-1, $ffi->vce_error_offset($error)),
            ],
            $class === TransportException::class => [
                'httpStatus' => self::unless(0, $ffi->vce_error_http_status($error)),
                'response' => $ffi->vce_error_response($error),
            ],
            is_a($class, ApiException::class, true) => [
                'httpStatus' => $ffi->vce_error_http_status($error),
                'errorCode' => $ffi->vce_error_code($error),
                'title' => $ffi->vce_error_title($error),
                'detail' => $ffi->vce_error_detail($error),
                'traceId' => $ffi->vce_error_trace_id($error),
                'response' => $ffi->vce_error_response($error),
                'retryAfterMs' => self::unless(-1, $ffi->vce_error_retry_after_ms($error)),
            ],
            default => [],
        };
    }

    private static function unless(int $absent, int $value): ?int
    {
        return $value === $absent ? null : $value;
    }
}
