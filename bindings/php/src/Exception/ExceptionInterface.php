<?php

declare(strict_types=1);

namespace Vce\Exception;

use Throwable;
use Vce\Outcome;
use Vce\Status;

/**
 * What every exception of this package implements.
 *
 * `getMessage()` says what is wrong and what to do, `getCode()` is the number of `$status`.
 *
 * @property-read Status  $status    which rule was broken, or what failed
 * @property-read Outcome $outcome   whether the event may exist nevertheless
 * @property-read bool    $retryable whether the same call may succeed later
 */
interface ExceptionInterface extends Throwable
{
}
