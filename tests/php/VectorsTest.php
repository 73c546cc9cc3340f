<?php

declare(strict_types=1);

namespace Vce\Tests;

use Vce\EventBody;
use Vce\EventType;
use Vce\Exception\ExceptionInterface;
use Vce\Exception\InvalidEventException;

/**
 * The cases that every language runs.
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

    public function testWhatIsSent(): void
    {
        $client = $this->client();
        $sent = array_filter(self::read('bodies.json'), static fn (array $vector): bool => isset($vector['sent']));
        self::assertNotEmpty($sent);
        foreach ($sent as $vector) {
            $client->createEvent($this->sandbox->conversationId, 'custom:vector', self::body($vector));
            self::assertSame('{"type":"custom:vector","body":' . $vector['sent'] . '}', $this->sent());
        }
    }

    /**
     * @return iterable<string, array{string, string, int}>
     */
    public function types(): iterable
    {
        foreach (self::read('types.json') as $vector) {
            yield $vector['name'] => [$vector['type'], $vector['status'], $vector['offset']];
        }
    }

    /**
     * @return iterable<string, array{string, string, int}>
     */
    public function bodies(): iterable
    {
        foreach (self::read('bodies.json') as $vector) {
            yield $vector['name'] => [self::body($vector), $vector['status'], $vector['offset']];
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
    private static function body(array $vector): string
    {
        return $vector['body'] ?? (string) base64_decode($vector['body_base64'], true);
    }
}
