<?php

declare(strict_types=1);

namespace Vce\Exception;

use RuntimeException;
use Vce\Internal\Described;

/**
 * No answer within the time limit; `$outcome` says whether the event may have been created.
 */
final class TimeoutException extends RuntimeException implements ExceptionInterface
{
    use Described;
}
