<?php

declare(strict_types=1);

namespace Vce\Tests;

use ArrayObject;
use JsonSerializable;
use stdClass;
use Vce\EventBody;
use Vce\Exception\InvalidEventException;
use Vce\Status;

/**
 * How PHP values are sent to the server, and how they come back.
 */
final class BodyTest extends SandboxTestCase
{
    /**
     * @dataProvider bodies
     *
     * @param array<array-key, mixed>|object|string $body
     */
    public function testABodyIsSentAs(array|object|string $body, string $json): void
    {
        $this->client()->createEvent($this->sandbox->conversationId, 'custom:body', $body);

        self::assertSame('{"type":"custom:body","body":' . $json . '}', $this->sent());
    }

    /**
     * @return iterable<string, array{array<array-key, mixed>|object|string, string}>
     */
    public function bodies(): iterable
    {
        $list = new class () implements JsonSerializable {
            public function jsonSerialize(): array
            {
                return [];
            }
        };

        yield 'an empty array' => [[], '{}'];
        yield 'an empty object' => [new stdClass(), '{}'];
        yield 'an object that writes itself as an empty array' => [$list, '{}'];
        yield 'an array object' => [new ArrayObject(['a' => 1]), '{"a":1}'];
        yield 'lists inside stay lists' => [['a' => [], 'b' => [1, 2]], '{"a":[],"b":[1,2]}'];
        yield 'whole floats' => [['total' => 12.0, 'zero' => -0.0], '{"total":12.0,"zero":-0.0}'];
        yield 'integers at PHP\'s ends' => [
            ['max' => PHP_INT_MAX, 'min' => PHP_INT_MIN],
            '{"max":9223372036854775807,"min":-9223372036854775808}',
        ];
        yield 'null and booleans' => [['n' => null, 't' => true, 'f' => false], '{"n":null,"t":true,"f":false}'];
        yield 'text' => [
            ['ключ' => "día 🎉 \u{2028}/", 'quote' => '"\\'],
            '{"ключ":"día 🎉 \u2028/","quote":"\"\\\\"}',
        ];
        yield 'a NUL inside a value' => [['nul' => "a\0b"], '{"nul":"a\u0000b"}'];
        yield 'JSON text, byte for byte' => [
            '{"n":1.50,"big":123456789012345678901234567890,"e":1E+2,"u":"\u00e9\/","n":0}',
            '{"n":1.50,"big":123456789012345678901234567890,"e":1E+2,"u":"\u00e9\/","n":0}',
        ];
        yield 'JSON text without its spaces' => ["{ \"a\" : [ 1 ,\n2 ] }", '{"a":[1,2]}'];
    }

    /**
     * @dataProvider refused
     *
     * @param array<array-key, mixed>|object|string $body
     */
    public function testABodyIsRefused(array|object|string $body, Status $status): void
    {
        self::assertFalse(EventBody::isValid($body));

        $e = self::failure(
            fn () => $this->client()->createEvent($this->sandbox->conversationId, 'custom:body', $body),
        );
        self::assertInstanceOf(InvalidEventException::class, $e);
        self::assertSame($status, $e->status);
        self::assertSame([], $this->sandbox->requests());
    }

    /**
     * @return iterable<string, array{array<array-key, mixed>|object|string, Status}>
     */
    public function refused(): iterable
    {
        $itself = new stdClass();
        $itself->itself = $itself;

        yield 'a list' => [[1, 2], Status::BodyNotObject];
        yield 'JSON text of a list' => ['[]', Status::BodyNotObject];
        yield 'an enum' => [Status::Ok, Status::BodyNotObject];
        yield 'half a surrogate pair' => ['{"half":"\ud83c"}', Status::BodyJson];
        yield 'no JSON' => ['total=12', Status::BodyJson];
        yield 'no text at all' => ['', Status::BodyJson];
        yield 'infinity' => [['n' => INF], Status::BodyJson];
        yield 'invalid UTF-8 in an array' => [['text' => "\xff"], Status::BodyJson];
        yield 'a structure that contains itself' => [$itself, Status::BodyJson];
        yield 'a NUL in JSON text' => ["{\"a\":1}\0", Status::Argument];
        yield 'more than 4096 bytes' => [['text' => str_repeat('é', 2048)], Status::BodyTooLarge];
    }

    public function testTheOffsetCountsInTheTextThatWasGiven(): void
    {
        $e = self::failure(fn () => EventBody::assertValid('{"a": 1, oops}'));
        self::assertInstanceOf(InvalidEventException::class, $e);
        self::assertSame(9, $e->offset);
    }

    public function testABodyComesBackDecoded(): void
    {
        $event = $this->client()->createEvent(
            $this->sandbox->conversationId,
            'custom:body',
            '{"float":1.0,"big":123456789012345678901234567890,"list":[],"text":"día 🎉","nested":{"a":null}}',
        );

        self::assertSame([
            'float' => 1.0,
            'big' => '123456789012345678901234567890',
            'list' => [],
            'text' => 'día 🎉',
            'nested' => ['a' => null],
        ], $event->body);
        self::assertStringContainsString('"big":123456789012345678901234567890', $event->json);
    }

    public function testABodyThatPhpCannotDecodeDoesNotHideTheEvent(): void
    {
        $this->sandbox->fault(['kind' => 'status', 'status' => 201, 'body' => '{"id":7,"body":{"half":"\ud83c"}}']);
        $event = $this->client()->createEvent($this->sandbox->conversationId, 'custom:body', []);

        self::assertSame('7', $event->id);
        self::assertNull($event->body);
        self::assertStringContainsString('"\ud83c"', $event->json);
    }
}
