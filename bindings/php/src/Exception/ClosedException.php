<?php

declare(strict_types=1);

namespace Vce\Exception;

use RuntimeException;
use Vce\Internal\Described;

/**
 * The client was closed before the call or during it.
 */
final class ClosedException extends RuntimeException implements ExceptionInterface
{
    use Described;
}
