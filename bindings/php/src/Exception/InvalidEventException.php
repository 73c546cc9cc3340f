<?php

declare(strict_types=1);

namespace Vce\Exception;

use InvalidArgumentException;
use Vce\Internal\Located;

/**
 * A type, a body, an id or a list's filter breaks a rule. Nothing was sent.
 */
final class InvalidEventException extends InvalidArgumentException implements ExceptionInterface
{
    use Located;
}
