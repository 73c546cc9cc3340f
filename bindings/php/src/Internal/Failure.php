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
use Vce\Exception\UnknownException;
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
     * The exception for an error. The error still belongs to its owner.
     */
    public static function read(FFI $ffi, CData $error): ExceptionInterface
    {
        $status = self::status($ffi->vce_error_status($error));
        $class = self::classFor($status);

        return new $class(
            $ffi->vce_error_message($error),
            $status,
            self::outcome($ffi->vce_error_outcome($error)),
            $ffi->vce_error_is_retryable($error),
            ...self::details($ffi, $error, $class),
        );
    }

    /**
     * The exception for a failure of which the library gave only a number.
     */
    public static function withoutError(int $number, Outcome $outcome): ExceptionInterface
    {
        $status = self::status($number);
        $class = self::classFor($status);

        return new $class(
            "The library gave no reason for its status $number.",
            $status,
            $outcome,
            ...($class === UnknownException::class ? ['number' => $number] : []),
        );
    }

    /**
     * The outcome for a number of the library. A newer library may know more of them than this package.
     */
    public static function outcome(int $number): Outcome
    {
        return Outcome::tryFrom($number) ?? Outcome::MaybeCreated;
    }

    private static function status(int $number): Status
    {
        return Status::tryFrom($number) ?? Status::Unknown;
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
            Status::Unknown => UnknownException::class,
        };
    }

    /**
     * The arguments that only this class of exceptions has.
     *
     * @param class-string<ExceptionInterface> $class
     *
     * @return array<string, int|string|null>
     */
    private static function details(FFI $ffi, CData $error, string $class): array
    {
        return match (true) {
            $class === InvalidEventException::class, $class === ConfigException::class => [
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
            $class === UnknownException::class => ['number' => $ffi->vce_error_status($error)],
            default => [],
        };
    }

    private static function unless(int $absent, int $value): ?int
    {
        return $value === $absent ? null : $value;
    }
}
