<?php

declare(strict_types=1);

namespace Vce\Exception;

/**
 * 401: the server refused the token.
 */
final class AuthenticationException extends ApiException
{
}
