<?php

declare(strict_types=1);

namespace Vce\Exception;

use InvalidArgumentException;
use Vce\Internal\Described;

/**
 * An argument that no rule for events covers, such as an unknown order or text that is not UTF-8.
 */
final class ArgumentException extends InvalidArgumentException implements ExceptionInterface
{
    use Described;
}
