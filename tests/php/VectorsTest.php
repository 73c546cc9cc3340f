<?php

declare(strict_types=1);

namespace Vce\Tests;

use Vce\EventBody;
use Vce\EventType;
use Vce\Exception\ExceptionInterface;
use Vce\Exception\InvalidEventException;
use Vce\Status;

/**
 * The vectors that every language runs.
 */
final class VectorsTest extends SandboxTestCase
{
    private const VECTORS = __DIR__ . '/../vectors';

    /**
     * @dataProvider types
     */
    public function testType(string $type, string $status, int $offset): void
    {
        self::assertSame($status === 'VCE_OK', EventType::isValid($type));
        self::assertVerdict($status, $offset, static fn () => EventType::assertValid($type));
    }

    /**
     * @dataProvider bodies
     */
    public function testBody(string $body, string $status, int $offset): void
    {
        self::assertSame($status === 'VCE_OK', EventBody::isValid($body));
        self::assertVerdict($status, $offset, static fn () => EventBody::assertValid($body));
    }

    /**
     * @dataProvider ids
     */
    public function testId(string $id, string $status, int $offset): void
    {
        $client = $this->client(proxy: 'none', baseUrl: 'https://127.0.0.1:1', maxRetries: 0);
        foreach (
            [
                [Status::ConversationId, fn () => $client->deleteEvent($id, '1')],
                [Status::MemberId, fn () => $client->createEvent('CON-1', 'custom:a', [], $id)],
                [Status::EventId, fn () => $client->getEvent('CON-1', $id)],
            ] as [$refused, $call]
        ) {
            $e = self::failure($call);
            if ($status === 'VCE_OK') {
                // It was sent, but the server does not exist.
                self::assertSame(Status::Connect, $e->status);
            } else {
                $expected = $status === 'REFUSED' ? Header::nameOf($refused) : $status;
                self::assertSame($expected, Header::nameOf($e->status));
                self::assertInstanceOf(InvalidEventException::class, $e);
                self::assertSame($offset, $e->offset ?? -1);
            }
        }
    }

    public function testATypeWithANul(): void
    {
        $e = self::failure(static fn () => EventType::assertValid("custom:a\0b"));
        self::assertInstanceOf(InvalidEventException::class, $e);
        self::assertSame([Status::Argument, 8], [$e->status, $e->offset]);
        self::assertFalse(EventType::isValid("custom:a\0b"));
    }

    public function testWhatIsSent(): void
    {
        $client = $this->client();
        foreach (self::read('bodies.json') as $vector) {
            if ($vector['status'] === 'VCE_OK') {
                $client->createEvent($this->sandbox->conversationId, 'custom:vector', self::input($vector));
                $sent = isset($vector['sent']) ? self::joined($vector['sent']) : self::input($vector);
                self::assertSame('{"type":"custom:vector","body":' . $sent . '}', $this->sent(), $vector['name']);
            }
        }
    }

    /**
     * @return iterable<string, array{string, string, int}>
     */
    public function types(): iterable
    {
        return self::cases('types.json');
    }

    /**
     * @return iterable<string, array{string, string, int}>
     */
    public function bodies(): iterable
    {
        return self::cases('bodies.json');
    }

    /**
     * @return iterable<string, array{string, string, int}>
     */
    public function ids(): iterable
    {
        return self::cases('ids.json');
    }

    /**
     * @return iterable<string, array{string, string, int}>
     */
    private static function cases(string $file): iterable
    {
        foreach (self::read($file) as $vector) {
            yield $vector['name'] => [self::input($vector), $vector['status'], $vector['offset']];
        }
    }

    private static function assertVerdict(string $status, int $offset, callable $check): void
    {
        if ($status === 'VCE_OK') {
            $check();

            return;
        }

        try {
            $check();
            self::fail("$status was expected.");
        } catch (ExceptionInterface $e) {
            self::assertSame($status, Header::nameOf($e->status));
            self::assertSame($offset, $e instanceof InvalidEventException ? $e->offset ?? -1 : -1);
        }
    }

    /**
     * @return list<array<string, mixed>>
     */
    private static function read(string $file): array
    {
        return json_decode((string) file_get_contents(self::VECTORS . "/$file"), true, flags: JSON_THROW_ON_ERROR);
    }

    /**
     * @param array<string, mixed> $vector
     */
    private static function input(array $vector): string
    {
        return isset($vector['base64'])
            ? (string) base64_decode($vector['base64'], true)
            : self::joined($vector['text'] ?? $vector['parts']);
    }

    /**
     * @param string|list<array{string, int}> $text
     */
    private static function joined(string|array $text): string
    {
        return is_string($text) ? $text : implode('', array_map(
            static fn (array $part): string => str_repeat($part[0], $part[1]),
            $text,
        ));
    }
}
