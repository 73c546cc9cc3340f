<?php

declare(strict_types=1);

namespace Vce\Tests;

/**
 * PHP as a web server runs it: FFI only for preloaded code, and request after request in one process.
 */
final class FpmTest extends FpmTestCase
{
    private const PROGRAM = __DIR__ . '/programs/web.php';

    public function testConnectionsAndTokenSurviveTheRequest(): void
    {
        $fpm = $this->fpm();
        $before = $this->sandbox->connections()['accepted'];
        foreach (range(1, 5) as $n) {
            self::assertStringStartsWith('created ', $fpm->get(self::PROGRAM, ['engine' => 'shared']));
        }

        self::assertSame($before + 1, $this->sandbox->connections()['accepted']);
        $requests = $this->sandbox->requests();
        self::assertCount(5, $requests);
        self::assertCount(1, array_unique(array_column($requests, 'token_id')));
    }

    public function testEachWorkerHasItsOwn(): void
    {
        $fpm = $this->fpm(pool: ['pm.max_requests' => 1]);
        $before = $this->sandbox->connections()['accepted'];
        foreach (range(1, 3) as $n) {
            self::assertStringStartsWith('created ', $fpm->get(self::PROGRAM, ['engine' => 'shared']));
        }

        self::assertSame($before + 3, $this->sandbox->connections()['accepted']);
        self::assertCount(3, array_unique(array_column($this->sandbox->requests(), 'token_id')));
    }

    public function testAnOwnEngineEndsWithTheRequest(): void
    {
        $fpm = $this->fpm();
        $before = $this->sandbox->connections()['accepted'];
        foreach (range(1, 3) as $n) {
            self::assertStringStartsWith('created ', $fpm->get(self::PROGRAM, ['engine' => 'own']));
        }

        self::assertSame($before + 3, $this->sandbox->connections()['accepted']);
        self::assertCount(3, array_unique(array_column($this->sandbox->requests(), 'token_id')));
    }

    public function testWithoutPreloadingTheRemedyIsNamed(): void
    {
        $answer = $this->fpm(['opcache.preload' => ''])->get(self::PROGRAM);

        self::assertStringContainsString('ffi.enable=preload', $answer);
        self::assertStringContainsString('opcache.preload', $answer);
    }

    public function testWhenOnlyAPartIsPreloadedTheRemedyIsNamed(): void
    {
        $loader = var_export(realpath(__DIR__ . '/../../bindings/php/src/Internal/Loader.php'), true);
        file_put_contents("$this->directory/preload.php", "<?php opcache_compile_file($loader);");
        $answer = $this->fpm(['opcache.preload' => "$this->directory/preload.php"])->get(self::PROGRAM);

        self::assertStringContainsString('ffi.enable=preload', $answer);
        self::assertStringContainsString('opcache.preload', $answer);
    }

    public function testTheHeaderMayBePreloadedByPhpIni(): void
    {
        symlink((string) realpath((string) getenv('VCE_LIBRARY_PATH')), "$this->directory/libvce.so.0");
        $fpm = $this->fpm(
            ['ffi.preload' => (string) realpath(Header::PATH)],
            // No other library can be found, so the preloaded scope is used.
            environment: ['VCE_LIBRARY_PATH' => '/nowhere/libvce.so', 'LD_LIBRARY_PATH' => $this->directory],
        );

        foreach (range(1, 2) as $n) {
            self::assertStringStartsWith('created ', $fpm->get(self::PROGRAM, ['engine' => 'shared']));
        }
    }
}
