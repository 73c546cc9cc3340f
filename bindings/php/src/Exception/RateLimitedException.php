<?php

declare(strict_types=1);

namespace Vce\Exception;

/**
 * 429: too many requests; `$retryAfterMs` is how long the server asked to wait, if it said so.
 */
final class RateLimitedException extends ThrottleException
{
}
