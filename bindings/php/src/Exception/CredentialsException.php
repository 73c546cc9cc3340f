<?php

declare(strict_types=1);

namespace Vce\Exception;

use InvalidArgumentException;
use Vce\Internal\Described;

/**
 * The private key or the token cannot be used; nothing was sent.
 */
final class CredentialsException extends InvalidArgumentException implements ExceptionInterface
{
    use Described;
}
