<?php

declare(strict_types=1);

namespace Vce\Exception;

/**
 * The name that Vonage's PHP SDK gives to a RateLimitedException, which is what is thrown.
 */
class ThrottleException extends ApiException
{
}
