<?php

declare(strict_types=1);

namespace Vce\Internal;

use FFI;
use Vce\Stats;
use Vce\Status;

/**
 * Turns the library's statistics into Stats.
 *
 * @internal
 */
final class NativeStats
{
    /**
     * The values of the JSON text.
     */
    public static function read(FFI $ffi, string $json): Stats
    {
        $stats = json_decode($json, true, flags: JSON_THROW_ON_ERROR);

        return new Stats(
            $stats['queued'],
            $stats['in_flight'],
            $stats['reports'],
            $stats['events'],
            $stats['bytes'],
            $stats['accepted'],
            $stats['created'],
            $stats['maybe_created'],
            $stats['not_created'],
            self::byStatus($ffi, $stats['not_created_by_status']),
            $stats['retries'],
            array_map(static fn (int|float|null $ms): ?float => $ms, $stats['latency_ms']),
            $stats['engine']['tokens_signed'],
            $stats['engine']['connections_opened'],
            $json,
        );
    }

    /**
     * @param array<string, int> $counts by the library's names
     *
     * @return array<string, int> by the names of this package
     */
    private static function byStatus(FFI $ffi, array $counts): array
    {
        $names = [];
        foreach (Status::cases() as $status) {
            $names[$ffi->vce_status_name($status->value)] = $status->name;
        }
        $byStatus = [];
        foreach ($counts as $name => $count) {
            // A later release of the same series may know a status that this package does not.
            $byStatus[$names[$name] ?? $name] = $count;
        }

        return $byStatus;
    }
}
