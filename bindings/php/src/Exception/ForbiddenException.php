<?php

declare(strict_types=1);

namespace Vce\Exception;

/**
 * 403: the token's ACL, or the application, does not allow it.
 */
final class ForbiddenException extends ApiException
{
}
