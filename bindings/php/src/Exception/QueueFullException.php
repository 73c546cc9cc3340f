<?php

declare(strict_types=1);

namespace Vce\Exception;

use RuntimeException;
use Vce\Internal\Described;

/**
 * The queue has no room; the event was not accepted.
 */
final class QueueFullException extends RuntimeException implements ExceptionInterface
{
    use Described;
}
