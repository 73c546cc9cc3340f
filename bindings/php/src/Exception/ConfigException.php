<?php

declare(strict_types=1);

namespace Vce\Exception;

use InvalidArgumentException;
use Vce\Internal\Located;

/**
 * An option is unknown, or its value is invalid.
 */
final class ConfigException extends InvalidArgumentException implements ExceptionInterface
{
    use Located;
}
