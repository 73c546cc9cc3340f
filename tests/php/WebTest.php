<?php

declare(strict_types=1);

namespace Vce\Tests;

/**
 * PHP as a web server runs it: FFI only for preloaded code, and request after request in one process.
 */
final class WebTest extends SandboxTestCase
{
    /** @var ?resource */
    private $server = null;
    private string $address;

    protected function tearDown(): void
    {
        if ($this->server !== null) {
            proc_terminate($this->server);
            proc_close($this->server);
        }
    }

    public function testWithoutPreloadingTheRemedyIsNamed(): void
    {
        $this->serve([]);

        $answer = $this->get('/');
        self::assertStringContainsString('ffi.enable=preload', $answer);
        self::assertStringContainsString('opcache.preload', $answer);
    }

    public function testPreloadedClassesWorkWhereOtherCodeMayNotUseFfi(): void
    {
        $this->serve($this->preloading());

        self::assertMatchesRegularExpression('/^created \d+$/', $this->get('/'));
    }

    public function testASharedEngineOutlivesTheRequest(): void
    {
        $this->serve($this->preloading());
        $before = $this->sandbox->connections()['accepted'];
        foreach (range(1, 3) as $n) {
            self::assertStringStartsWith('created ', $this->get('/?engine=shared'));
        }
        self::assertSame($before + 1, $this->sandbox->connections()['accepted']);
        self::assertCount(1, array_unique(array_column($this->sandbox->requests(), 'token_id')));
    }

    public function testAnEngineOfOnesOwnDoesNot(): void
    {
        $this->serve($this->preloading());
        $before = $this->sandbox->connections()['accepted'];
        foreach (range(1, 3) as $n) {
            self::assertStringStartsWith('created ', $this->get('/?engine=own'));
        }
        self::assertSame($before + 3, $this->sandbox->connections()['accepted']);
        self::assertCount(3, array_unique(array_column($this->sandbox->requests(), 'token_id')));
    }

    /**
     * @return list<string>
     */
    private function preloading(): array
    {
        return [
            '-d', 'opcache.enable=1',
            '-d', 'opcache.preload=' . realpath(__DIR__ . '/../../bindings/php/preload.php'),
            '-d', 'opcache.preload_user=' . posix_getpwuid(posix_geteuid())['name'],
        ];
    }

    /**
     * @param list<string> $flags
     */
    private function serve(array $flags): void
    {
        $socket = stream_socket_server('tcp://127.0.0.1:0');
        $this->address = (string) stream_socket_get_name($socket, false);
        fclose($socket);

        $program = __DIR__ . '/programs/web.php';
        $server = proc_open(
            [PHP_BINARY, '-q', '-d', 'ffi.enable=preload', ...$flags, '-S', $this->address, $program],
            [0 => ['file', '/dev/null', 'r'], 1 => ['file', '/dev/null', 'w'], 2 => ['file', '/dev/null', 'w']],
            $pipes,
            null,
            $this->sandbox->environment() + getenv(),
        );
        self::assertNotFalse($server);
        $this->server = $server;
        for ($tries = 0; $tries < 200; ++$tries) {
            $connection = @stream_socket_client("tcp://$this->address", timeout: 1.0);
            if ($connection !== false) {
                fclose($connection);

                return;
            }
            usleep(50_000);
        }
        self::fail('The web server does not start.');
    }

    private function get(string $path): string
    {
        return (string) file_get_contents("http://$this->address$path");
    }
}
