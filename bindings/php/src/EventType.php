<?php

declare(strict_types=1);

namespace Vce;

use Vce\Exception\InvalidEventException;
use Vce\Internal\Native;

/**
 * The documented rules for the type of a custom event, checked without network or credentials.
 */
final class EventType
{
    /**
     * @throws InvalidEventException if the type breaks a rule; `status` says which, `offset` where
     */
    public static function assertValid(string $type): void
    {
        Native::validateType($type);
    }

    public static function isValid(string $type): bool
    {
        try {
            self::assertValid($type);
        } catch (InvalidEventException) {
            return false;
        }

        return true;
    }
}
