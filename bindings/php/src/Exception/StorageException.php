<?php

declare(strict_types=1);

namespace Vce\Exception;

use RuntimeException;
use Vce\Internal\Described;

/**
 * Reserved: this version of libvce does not report it.
 */
final class StorageException extends RuntimeException implements ExceptionInterface
{
    use Described;
}
