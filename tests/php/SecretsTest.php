<?php

declare(strict_types=1);

namespace Vce\Tests;

use LogicException;
use Throwable;
use Vce\Client;
use Vce\Exception\ExceptionInterface;
use Vce\Options;

/**
 * The package's objects never show a key, a token or a proxy's password.
 */
final class SecretsTest extends SandboxTestCase
{
    private const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.c2VjcmV0LWNsYWltcw.c2VjcmV0LXNpZ25hdHVyZQ';
    private const PASSWORD = 'pass-word-of-the-proxy';

    protected function setUp(): void
    {
        parent::setUp();
        // Traces with full arguments, as a careless php.ini would log them.
        ini_set('zend.exception_ignore_args', '0');
        ini_set('zend.exception_string_param_max_len', '1000000');
    }

    protected function tearDown(): void
    {
        ini_restore('zend.exception_ignore_args');
        ini_restore('zend.exception_string_param_max_len');
    }

    public function testDumpsOfOptionsAndClient(): void
    {
        $options = $this->options();
        foreach ([$options, new Client($options)] as $object) {
            $this->assertTellsNothing($object);
        }
        self::assertStringContainsString($this->sandbox->baseUrl, print_r($options, true));
    }

    public function testOptionsAndClientCannotBeSerialised(): void
    {
        foreach ([$this->options(), $this->client()] as $object) {
            foreach ([serialize(...), static fn (object $it): object => clone $it] as $copy) {
                try {
                    $copy($object);
                    self::fail($object::class . ' was copied.');
                } catch (LogicException $e) {
                    self::assertStringContainsString($object::class, $e->getMessage());
                }
            }
        }
    }

    public function testNothingCanBeUnserialised(): void
    {
        foreach ([Options::class, Client::class] as $class) {
            try {
                unserialize(sprintf('O:%d:"%s":0:{}', strlen($class), $class));
                self::fail("$class was unserialised.");
            } catch (LogicException $e) {
                self::assertStringContainsString($class, $e->getMessage());
            }
        }
    }

    /**
     * @dataProvider failingOptions
     *
     * @param array<string, mixed> $options
     */
    public function testExceptionsOfNewClients(array $options): void
    {
        $key = $this->key();
        $e = self::failure(
            static fn () => new Client(new Options(...['privateKey' => $key, 'proxy' => self::proxy()] + $options)),
        );
        $this->assertTellsNothing($e);
    }

    /**
     * @return iterable<array{array<string, mixed>}>
     */
    public function failingOptions(): iterable
    {
        yield 'no application' => [[]];
        yield 'both token and key' => [['applicationId' => 'no-uuid', 'token' => self::TOKEN]];
        yield 'a bad option' => [['timeout' => 'soon', 'token' => self::TOKEN]];
    }

    public function testExceptionsAboutTheSecretsThemselves(): void
    {
        $half = substr($this->key(), 0, 600);
        foreach (
            [
                ['privateKey' => $half],
                ['privateKey' => $half . "\0"],
                ['token' => self::TOKEN . "\n"],
                ['proxy' => 'nonsense://user:' . self::PASSWORD . '@proxy'],
            ] as $wrong
        ) {
            $e = self::failure(fn () => $this->client(...$wrong)->getEvent($this->sandbox->conversationId, '1'));
            $this->assertTellsNothing($e);
        }
    }

    public function testExceptionsOfCalls(): void
    {
        $this->sandbox->fault(['kind' => 'status', 'status' => 401, 'times' => null]);
        $client = new Client($this->options());
        $e = self::failure(
            fn () => $client->createEvent($this->sandbox->conversationId, 'custom:a', ['card' => '4111-1111']),
        );
        $this->assertTellsNothing($e);
    }

    private function options(): Options
    {
        return new Options(
            applicationId: $this->sandbox->applicationId,
            privateKey: $this->key(),
            baseUrl: $this->sandbox->baseUrl,
            proxy: 'none',
            caFile: $this->sandbox->caFile,
        );
    }

    private function key(): string
    {
        return (string) file_get_contents($this->sandbox->privateKeyPath);
    }

    private static function proxy(): string
    {
        return 'http://user:' . self::PASSWORD . '@127.0.0.1:1';
    }

    /**
     * Shows an object in every way that PHP has.
     */
    private function assertTellsNothing(object $object): void
    {
        ob_start();
        if ($object instanceof Throwable) {
            // Not the frames of the test itself, which holds the secrets.
            $frames = array_filter($object->getTrace(), static fn (array $frame): bool => preg_match(
                '/^(Vce\\\\Tests|PHPUnit)\\\\|^$/',
                $frame['class'] ?? '',
            ) === 0);
            self::assertNotEmpty($frames);
            print_r($frames);
            var_dump($frames);
            echo $object->getMessage();
        } else {
            print_r($object);
            var_dump($object);
            var_dump((array) $object);
            var_export($object);
            debug_zval_dump($object);
            echo json_encode($object, JSON_PARTIAL_OUTPUT_ON_ERROR);
        }
        $seen = (string) ob_get_clean();

        self::assertStringContainsString('Vce', $seen);
        $lines = preg_grep('/^[^-]/', explode("\n", $this->key())) ?: [];
        self::assertGreaterThan(10, count($lines));
        foreach ([...$lines, self::TOKEN, self::PASSWORD, '4111-1111'] as $secret) {
            self::assertStringNotContainsString($secret, $seen);
        }
    }
}
