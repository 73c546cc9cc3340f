<?php

declare(strict_types=1);

namespace Vce\Tests;

/**
 * The examples, run as a reader would run them.
 */
final class ExamplesTest extends SandboxTestCase
{
    private const EXAMPLES = __DIR__ . '/../../bindings/php/examples';

    public function testCreateEvent(): void
    {
        $done = $this->example('create_event.php', ['custom:order_paid', '{"total": 12.50}']);

        self::assertSame('', $done->errors);
        self::assertSame(0, $done->status);
        $event = $this->sandbox->events()[0];
        self::assertSame("PHP created event {$event['id']} at {$event['timestamp']}\n", $done->output);
        self::assertStringContainsString('"body":{"total":12.50}', $this->sent());
        self::assertSame($this->sandbox->memberId, $event['from']);
    }

    public function testCreateEventNeedsNoArgumentsAndNoMember(): void
    {
        $done = $this->example('create_event.php', [], ['MEMBER_ID' => '']);

        self::assertSame(0, $done->status, $done->errors);
        self::assertStringNotContainsString('"from"', $this->sent());
    }

    public function testCreateEventSaysWhetherTheEventExists(): void
    {
        $this->sandbox->fault(['kind' => 'drop', 'creates' => true]);
        $done = $this->example('create_event.php', []);
        self::assertSame(1, $done->status);
        self::assertSame('', $done->output);
        self::assertStringContainsString('may have been created', $done->errors);

        $done = $this->example('create_event.php', ['order_paid']);
        self::assertSame(1, $done->status);
        self::assertStringContainsString('TypePrefix: ', $done->errors);
        self::assertStringContainsString('was not created', $done->errors);
    }

    public function testValidate(): void
    {
        $done = $this->example('validate.php', ['custom:order_paid', '{"total": 12}']);
        self::assertSame([0, "valid\n", ''], [$done->status, $done->output, $done->errors]);

        $done = $this->example('validate.php', ['custom:order_paid', '[12]']);
        self::assertSame(1, $done->status);
        self::assertStringContainsString('BodyNotObject: ', $done->errors);

        self::assertSame(2, $this->example('validate.php', [])->status);
        self::assertSame([], $this->sandbox->requests());
    }

    public function testListEvents(): void
    {
        $client = $this->client();
        foreach (range(1, 12) as $n) {
            $client->createEvent($this->sandbox->conversationId, $n % 2 ? 'custom:odd' : 'custom:even', ['n' => $n]);
        }
        $done = $this->example('list_events.php', ['custom:even']);

        self::assertSame(0, $done->status, $done->errors);
        $events = array_map(
            static fn (string $line): array => json_decode($line, true, flags: JSON_THROW_ON_ERROR),
            explode("\n", trim($done->output)),
        );
        self::assertSame([12, 10, 8, 6, 4, 2], array_map(static fn (array $event) => $event['body']['n'], $events));
    }

    public function testEnqueueEvents(): void
    {
        $lines = array_map(static fn (int $n): string => "{\"n\": $n}\n", range(1, 50));
        // The queue is too small for all of them at once.
        $small = ['VCE_QUEUE_MAX_EVENTS' => '3'];
        $done = $this->example('enqueue_events.php', ['custom:reading'], $small, implode($lines));

        self::assertSame([0, ''], [$done->status, $done->errors]);
        $output = '';
        foreach ($this->sandbox->events() as $index => $event) {
            self::assertSame(['n' => $index + 1], $event['body']);
            $output .= "line {$event['body']['n']}: event {$event['id']}\n";
        }
        self::assertSame($output, $done->output);
        self::assertCount(50, $this->sandbox->events());
    }

    public function testEnqueueEventsPrintsEachFailure(): void
    {
        $this->sandbox->fault(['kind' => 'drop', 'skip' => 1]);
        $done = $this->example('enqueue_events.php', [], input: "{}\n[]\n{\"n\":3}\n{\"n\":4}\n");

        self::assertSame(1, $done->status);
        self::assertStringContainsString('line 1: event ', $done->output);
        self::assertStringContainsString('line 2: BodyNotObject: ', $done->errors);
        self::assertStringContainsString('line 3: MaybeCreated: ', $done->errors);
        self::assertStringContainsString('line 4: event ', $done->output);
    }

    /**
     * @param list<string>          $arguments
     * @param array<string, string> $environment
     */
    private function example(string $name, array $arguments, array $environment = [], string $input = ''): Process
    {
        return Process::php(
            [self::EXAMPLES . "/$name", ...$arguments],
            $environment + $this->sandbox->environment(),
            $input,
        );
    }
}
