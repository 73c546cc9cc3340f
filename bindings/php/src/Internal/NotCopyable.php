<?php

declare(strict_types=1);

namespace Vce\Internal;

use LogicException;

/**
 * For objects that own something native or secret: they must not be copied.
 *
 * @internal
 */
trait NotCopyable
{
    public function __clone(): void
    {
        throw new LogicException(self::class . ' cannot be cloned; create another one.');
    }

    public function __serialize(): array
    {
        throw new LogicException(self::class . ' cannot be serialised.');
    }

    public function __unserialize(array $data): void
    {
        throw new LogicException(self::class . ' cannot be unserialised.');
    }
}
