<?php

declare(strict_types=1);

namespace Vce\Tests;

use Vce\Exception\ForbiddenException;
use Vce\Exception\InternalException;
use Vce\Exception\InvalidEventException;
use Vce\Exception\UnknownException;

/**
 * A library that is newer than the package, with numbers that the package does not know.
 */
final class NewerTest extends SandboxTestCase
{
    private static string $directory;

    public static function setUpBeforeClass(): void
    {
        $root = (string) realpath(__DIR__ . '/../..');
        $real = (string) realpath((string) getenv('VCE_LIBRARY_PATH'));
        self::$directory = sys_get_temp_dir() . '/vce-' . bin2hex(random_bytes(6));
        mkdir(self::$directory);
        // The test library looks for the real one under this name.
        symlink($real, self::$directory . '/libvce.so.0');
        $done = Process::run([
            'cc', '-std=gnu99', '-Wall', '-Wextra', '-Wpedantic', '-Werror', '-shared', '-fPIC', "-I$root/include",
            "$root/tests/support/newer.c", '-o', self::$directory . '/newer.so',
            '-Wl,--no-as-needed,-rpath,' . self::$directory, self::$directory . '/libvce.so.0', '-ldl',
        ]);
        self::assertSame(0, $done->status, $done->errors);
    }

    public static function tearDownAfterClass(): void
    {
        Process::run(['rm', '-r', self::$directory]);
    }

    public function testAnUnknownStatus(): void
    {
        $results = $this->resultsOf(['NEWER_STATUS' => '777']);

        foreach (['validate', 'create', 'report'] as $name) {
            [$class, $status, $code, $outcome, $message] = $results[$name];
            self::assertSame([UnknownException::class, 'Unknown', 777], [$class, $status, $code], $name);
            self::assertSame('NotCreated', $outcome, $name);
            self::assertNotSame('', $message, $name);
        }
        self::assertSame('NotCreated', $results['outcome']);
        // The name is the key: the statistics contain no number.
        self::assertSame(['VCE_ERR_NEWERDAYS' => 1], $results['stats']);
    }

    public function testAnUnknownOutcome(): void
    {
        $results = $this->resultsOf(['NEWER_OUTCOME' => '42']);

        foreach (['create', 'report'] as $name) {
            [$class, $status, , $outcome] = $results[$name];
            self::assertSame([ForbiddenException::class, 'Forbidden'], [$class, $status], $name);
            self::assertSame('MaybeCreated', $outcome, $name);
        }
        self::assertSame([InvalidEventException::class, 'MaybeCreated'], [
            $results['validate'][0],
            $results['validate'][3],
        ]);
        self::assertSame('MaybeCreated', $results['outcome']);
    }

    public function testAFailureWithoutAnError(): void
    {
        $results = $this->resultsOf(['NEWER_STATUS' => '777', 'NEWER_OUTCOME' => '42', 'NEWER_SILENT' => '1']);

        [$class, $status, $code, $outcome] = $results['delete'];
        self::assertSame([UnknownException::class, 'Unknown', 777], [$class, $status, $code]);
        self::assertSame('MaybeCreated', $outcome);
        [$class, , , $outcome] = $results['report'];
        self::assertSame([InternalException::class, 'MaybeCreated'], [$class, $outcome]);
    }

    /**
     * @param array<string, string> $numbers
     *
     * @return array<string, mixed> what programs/newer.php prints
     */
    private function resultsOf(array $numbers): array
    {
        $this->sandbox->fault(['kind' => 'status', 'status' => 403, 'times' => null]);
        $done = Process::php(
            [__DIR__ . '/programs/newer.php', $this->sandbox->conversationId],
            $numbers + ['VCE_LIBRARY_PATH' => self::$directory . '/newer.so'] + $this->sandbox->environment(),
        );
        self::assertSame([0, ''], [$done->status, $done->errors], $done->output);

        return json_decode($done->output, true, flags: JSON_THROW_ON_ERROR);
    }
}
