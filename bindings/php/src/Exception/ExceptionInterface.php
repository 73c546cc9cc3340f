<?php

declare(strict_types=1);

namespace Vce\Exception;

use Throwable;
use Vce\Outcome;
use Vce\Status;

/**
 * What every exception of this package implements.
 *
 * `getMessage()` is one sentence for a person, `getCode()` the number of `$status`.
 *
 * @property-read Status  $status    which rule or which failure
 * @property-read Outcome $outcome   whether the event may exist in spite of the failure
 * @property-read bool    $retryable whether the same call may succeed later
 */
interface ExceptionInterface extends Throwable
{
}
