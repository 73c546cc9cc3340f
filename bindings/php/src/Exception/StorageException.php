<?php

declare(strict_types=1);

namespace Vce\Exception;

use RuntimeException;
use Vce\Internal\Described;

/**
 * Events could not be stored on this machine.
 */
final class StorageException extends RuntimeException implements ExceptionInterface
{
    use Described;
}
