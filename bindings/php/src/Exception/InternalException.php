<?php

declare(strict_types=1);

namespace Vce\Exception;

use RuntimeException;
use Vce\Internal\Described;

/**
 * libvce itself made a mistake: please report it.
 */
final class InternalException extends RuntimeException implements ExceptionInterface
{
    use Described;
}
