<?php

declare(strict_types=1);

namespace Vce;

use JsonException;
use SensitiveParameter;
use Vce\Exception\InvalidEventException;
use Vce\Internal\Json;
use Vce\Internal\Native;

/**
 * The body of a custom event: its JSON text and the rules for it, without network or credentials.
 */
final class EventBody
{
    /**
     * The JSON text of a body.
     *
     * A string is JSON text already, and is returned as it is. In arrays and objects a float keeps its
     * fraction (`1.0`). An empty array becomes `{}`, where PHP would write a list, but only the outermost
     * one: write `(object) []` for an empty object inside a body.
     *
     * @param array<array-key, mixed>|object|string $body
     *
     * @throws InvalidEventException if PHP cannot write the body as JSON: invalid UTF-8, INF or NAN, a
     *                               resource, a structure that contains itself
     */
    public static function encode(#[SensitiveParameter] array|object|string $body): string
    {
        if (is_string($body)) {
            return $body;
        }

        try {
            $json = Json::encode($body);
        } catch (JsonException $e) {
            throw new InvalidEventException(
                "The body cannot be written as JSON: {$e->getMessage()}.",
                Status::BodyJson,
                previous: $e,
            );
        }

        return $json === '[]' ? '{}' : $json;
    }

    /**
     * @param array<array-key, mixed>|object|string $body
     *
     * @throws InvalidEventException if the body breaks a rule; `status` says which, `offset` where
     *                               in the JSON text
     */
    public static function assertValid(#[SensitiveParameter] array|object|string $body): void
    {
        Native::validateBody(self::encode($body));
    }

    /**
     * @param array<array-key, mixed>|object|string $body
     */
    public static function isValid(#[SensitiveParameter] array|object|string $body): bool
    {
        try {
            self::assertValid($body);
        } catch (InvalidEventException) {
            return false;
        }

        return true;
    }
}
