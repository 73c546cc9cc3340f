<?php

declare(strict_types=1);

namespace Vce\Exception;

use RuntimeException;
use Vce\Internal\Described;

/**
 * A mistake of libvce itself, worth a report.
 */
final class InternalException extends RuntimeException implements ExceptionInterface
{
    use Described;
}
