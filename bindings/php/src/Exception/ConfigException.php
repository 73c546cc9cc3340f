<?php

declare(strict_types=1);

namespace Vce\Exception;

use InvalidArgumentException;
use Vce\Internal\Described;

/**
 * An option is unknown, or its value makes no sense.
 */
final class ConfigException extends InvalidArgumentException implements ExceptionInterface
{
    use Described;
}
