<?php

declare(strict_types=1);

namespace Vce\Exception;

/**
 * 404 or 410: there is no such conversation or event.
 */
final class NotFoundException extends ApiException
{
}
