<?php

declare(strict_types=1);

namespace Vce\Tests;

/**
 * Children of a process that sends in the background.
 */
final class ForkTest extends SandboxTestCase
{
    /**
     * @dataProvider engines
     */
    public function testForkingUnderLoad(string $engine): void
    {
        $done = Process::php([__DIR__ . '/programs/fork.php', $engine], $this->sandbox->environment());
        self::assertSame(0, $done->status, $done->output . $done->errors);

        $result = json_decode($done->output, true, flags: JSON_THROW_ON_ERROR);
        self::assertSame(['enqueued', 'reported', 'children'], array_keys($result));
        self::assertGreaterThan(1000, $result['enqueued']);
        self::assertSame($result['enqueued'], $result['reported']);

        $events = ['custom:parent' => [], 'custom:child' => []];
        foreach ($this->sandbox->events() as $event) {
            $events[$event['type']][] = $event['body']['n'];
        }
        self::assertSame(range(1, $result['enqueued']), $events['custom:parent']);
        self::assertEqualsCanonicalizing($result['children'], $events['custom:child']);
    }

    /**
     * @return iterable<array{string}>
     */
    public function engines(): iterable
    {
        yield ['own'];
        yield ['shared'];
    }
}
