<?php

declare(strict_types=1);

namespace Vce\Exception;

/**
 * 429: too many requests; `$retryAfterMs` says when to come back, if the server did.
 */
final class RateLimitedException extends ThrottleException
{
}
