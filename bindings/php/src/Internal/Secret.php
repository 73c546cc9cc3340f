<?php

declare(strict_types=1);

namespace Vce\Internal;

use SensitiveParameter;
use WeakMap;

/**
 * Text that is not shown by a dump, export, cast or trace of this object.
 *
 * The text is not in the object but in a static map, because var_export and array casts ignore
 * `__debugInfo` (PHP's own SensitiveParameterValue needs 8.2).
 *
 * @internal
 */
final class Secret
{
    use NotCopyable;

    /** @var ?WeakMap<self, string> */
    private static ?WeakMap $texts = null;

    public function __construct(#[SensitiveParameter] string $text)
    {
        self::$texts ??= new WeakMap();
        self::$texts[$this] = $text;
    }

    public static function of(#[SensitiveParameter] ?string $text): ?self
    {
        return $text === null ? null : new self($text);
    }

    public function reveal(): string
    {
        return self::$texts[$this];
    }
}
