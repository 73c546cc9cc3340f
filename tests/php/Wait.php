<?php

declare(strict_types=1);

namespace Vce\Tests;

use RuntimeException;

/**
 * Waits for something that happens in another process.
 */
final class Wait
{
    /**
     * @param callable(): bool $condition
     * @param string           $what      the condition in words
     */
    public static function until(callable $condition, string $what): void
    {
        $end = hrtime(true) + 30_000_000_000;
        while (!$condition()) {
            if (hrtime(true) > $end) {
                throw new RuntimeException("For half a minute it did not come true that $what.");
            }
            usleep(10_000);
        }
    }
}
