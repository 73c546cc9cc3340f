<?php

declare(strict_types=1);

namespace Vce\Exception;

/**
 * 429 under the name of Vonage's PHP SDK: every RateLimitedException is one. Catch either.
 */
class ThrottleException extends ApiException
{
}
