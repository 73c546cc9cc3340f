<?php

declare(strict_types=1);

namespace Vce\Exception;

/**
 * 5xx: the server failed. The event may have been created nevertheless: see `$outcome`.
 */
final class ServerException extends ApiException
{
}
