<?php

declare(strict_types=1);

namespace Vce\Tests;

use Vce\Outcome;
use Vce\Status;

/**
 * The header that PHP's FFI reads, read again with regular expressions.
 */
final class Header
{
    public const PATH = __DIR__ . '/../../bindings/php/include/vce.php.h';

    /**
     * @return array<string, int> the enum constants, from their C names
     */
    public static function constants(): array
    {
        preg_match_all('/\b(VCE_[A-Z_]+)\s*=\s*(\d+)/', self::text(), $matches);

        return array_combine($matches[1], array_map(intval(...), $matches[2]));
    }

    /**
     * @return list<string>
     */
    public static function functions(): array
    {
        preg_match_all('/\b(vce_[a-z_]+)\s*\(/', self::text(), $matches);

        return array_values(array_unique($matches[1]));
    }

    /**
     * The header's name for an enum's case.
     */
    public static function nameOf(Status|Outcome $case): string
    {
        $capitals = strtoupper((string) preg_replace('/(?<!^)[A-Z]/', '_$0', $case->name));

        return match (true) {
            $case instanceof Outcome => "VCE_OUTCOME_$capitals",
            $case === Status::Ok, $case === Status::End => "VCE_$capitals",
            default => "VCE_ERR_$capitals",
        };
    }

    private static function text(): string
    {
        // Without comments, which may name functions and constants, too.
        return (string) preg_replace('~/\*.*?\*/|//[^\n]*~s', '', (string) file_get_contents(self::PATH));
    }
}
