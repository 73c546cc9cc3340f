<?php

declare(strict_types=1);

namespace Vce\Tests;

use PHPUnit\Framework\TestCase;
use Vce\Exception\LibraryException;

/**
 * Finding the library, or saying why it cannot be used. Each test starts a new PHP.
 */
final class LoaderTest extends TestCase
{
    private string $directory;

    protected function setUp(): void
    {
        $this->directory = sys_get_temp_dir() . '/vce-' . bin2hex(random_bytes(6));
        mkdir($this->directory);
    }

    protected function tearDown(): void
    {
        Process::run(['rm', '-r', $this->directory]);
    }

    public function testTheEnvironmentNamesTheLibrary(): void
    {
        self::assertMatchesRegularExpression('/^0\.\d+\.\d+\n$/', $this->version()->output);
    }

    public function testTheSystemsLoaderFindsTheLibrary(): void
    {
        symlink((string) realpath((string) getenv('VCE_LIBRARY_PATH')), "$this->directory/libvce.so.0");
        $done = $this->version(environment: ['VCE_LIBRARY_PATH' => '', 'LD_LIBRARY_PATH' => $this->directory]);

        self::assertMatchesRegularExpression('/^0\.\d+\.\d+\n$/', $done->output, $done->errors);
    }

    public function testAMissingLibrary(): void
    {
        // An empty file stops the system's loader from finding a library installed on this machine.
        touch("$this->directory/libvce.so.0");
        $done = $this->version(environment: ['VCE_LIBRARY_PATH' => '', 'LD_LIBRARY_PATH' => $this->directory]);

        self::assertSame(1, $done->status);
        self::assertStringContainsString('was not found', $done->errors);
        self::assertStringContainsString('VCE_LIBRARY_PATH', $done->errors);
        self::assertStringContainsString('/bindings/php/lib/libvce.so.0: there is no such file', $done->errors);
        self::assertStringContainsString("\n  libvce.so.0: the system's loader", $done->errors);
    }

    public function testAMissingNamedLibraryIsNotReplaced(): void
    {
        symlink((string) realpath((string) getenv('VCE_LIBRARY_PATH')), "$this->directory/libvce.so.0");
        $done = $this->version(environment: [
            'VCE_LIBRARY_PATH' => '/nowhere/libvce.so',
            'LD_LIBRARY_PATH' => $this->directory,
        ]);

        self::assertSame(1, $done->status);
        self::assertStringContainsString('/nowhere/libvce.so: there is no such file', $done->errors);
    }

    public function testAFileThatIsNoLibrary(): void
    {
        file_put_contents("$this->directory/libvce.so", 'no library');
        $done = $this->version(environment: ['VCE_LIBRARY_PATH' => "$this->directory/libvce.so"]);

        self::assertSame(1, $done->status);
        self::assertStringContainsString('/libvce.so: the file is not a library', $done->errors);
    }

    public function testALibraryOfAnotherVersion(): void
    {
        $library = $this->older();
        $done = $this->version(environment: ['VCE_LIBRARY_PATH' => $library]);

        self::assertSame(1, $done->status);
        self::assertStringContainsString("$library is libvce 7.8.9", $done->errors);
        self::assertStringContainsString('does not fit', $done->errors);
        self::assertStringContainsString('Install', $done->errors);
    }

    public function testALibraryThatLacksAFunction(): void
    {
        $library = $this->compile('const char *vce_version(void) { return "0.0.1"; }');
        $done = $this->version(environment: ['VCE_LIBRARY_PATH' => $library]);

        self::assertSame(1, $done->status);
        self::assertStringContainsString('does not fit', $done->errors);
        self::assertMatchesRegularExpression('/lacks a function .*vce_/', $done->errors);
    }

    public function testFfiSwitchedOff(): void
    {
        $done = $this->version(['-d', 'ffi.enable=0']);

        self::assertSame(1, $done->status);
        self::assertStringContainsString('switched off here by `ffi.enable=0`', $done->errors);
    }

    public function testFfiNotInstalled(): void
    {
        // Without any php.ini, the extensions that Debian configures are not loaded.
        $done = $this->version(['-n']);

        self::assertSame(1, $done->status);
        self::assertStringContainsString('extension is not loaded', $done->errors);
    }

    /**
     * @dataProvider obstacles
     *
     * @param list<string> $flags
     */
    public function testEveryWayInSaysWhatIsWrong(array $flags, string $said, ?string $library = null): void
    {
        $environment = match ($library) {
            null => [],
            'older' => ['VCE_LIBRARY_PATH' => $this->older()],
            default => ['VCE_LIBRARY_PATH' => $library],
        };
        $done = Process::php([...$flags, __DIR__ . '/programs/entry_points.php'], $environment);
        self::assertSame(0, $done->status, $done->errors . $done->output);
        $thrown = json_decode($done->output, true, flags: JSON_THROW_ON_ERROR);

        self::assertCount(7, $thrown);
        foreach ($thrown as $way => [$class, $message]) {
            self::assertSame(LibraryException::class, $class, $way);
            self::assertStringContainsString($said, $message, $way);
        }
    }

    /**
     * @return iterable<string, array{0: list<string>, 1: string, 2?: string}>
     */
    public function obstacles(): iterable
    {
        yield 'missing' => [[], '/nowhere/libvce.so: there is no such file', '/nowhere/libvce.so'];
        yield 'no library' => [[], __FILE__ . ': the file is not a library', __FILE__];
        yield 'another library' => [[], 'libc.so.6 lacks a function', 'libc.so.6'];
        yield 'another version' => [[], 'is libvce 7.8.9', 'older'];
        yield 'switched off' => [['-d', 'ffi.enable=0'], 'ffi.enable=0'];
        yield 'not installed' => [['-n'], 'extension is not loaded'];
        // PHP 8.5 no longer has this setting, and gives a notice instead.
        if (PHP_VERSION_ID < 80500) {
            yield 'disabled' => [['-d', 'disable_classes=FFI'], 'disable_classes'];
        }
        yield 'switched off, and preloaded' => [
            [
                '-d', 'ffi.enable=0',
                '-d', 'opcache.enable_cli=1',
                '-d', 'opcache.preload=' . realpath(__DIR__ . '/../../bindings/php/preload.php'),
                '-d', 'opcache.preload_user=' . posix_getpwuid(posix_geteuid())['name'],
            ],
            'ffi.enable=0',
        ];
    }

    public function testAHeaderThatIsNotThere(): void
    {
        Process::run(['cp', '-r', (string) realpath(__DIR__ . '/../../bindings/php/src'), $this->directory]);
        file_put_contents("$this->directory/load.php", <<<'PHP'
            <?php
            spl_autoload_register(static function (string $class): void {
                require __DIR__ . '/src/' . strtr(substr($class, strlen('Vce\\')), '\\', '/') . '.php';
            });
            try {
                Vce\EventType::isValid('custom:a');
            } catch (Vce\Exception\LibraryException $e) {
                echo $e->getMessage();
            }
            PHP);
        $done = Process::php(["$this->directory/load.php"]);

        self::assertStringContainsString('vce.php.h: there is no such file', $done->output, $done->errors);
    }

    public function testTheHeaderMayBePreloaded(): void
    {
        symlink((string) realpath((string) getenv('VCE_LIBRARY_PATH')), "$this->directory/libvce.so.0");
        $done = $this->version(
            ['-d', 'ffi.preload=' . realpath(Header::PATH)],
            // No other library can be found, so the preloaded scope is used.
            ['VCE_LIBRARY_PATH' => '/nowhere/libvce.so', 'LD_LIBRARY_PATH' => $this->directory],
        );

        self::assertMatchesRegularExpression('/^0\.\d+\.\d+\n$/', $done->output, $done->errors);
    }

    public function testTheApplicationsPreloadScriptMayLoadTheHeader(): void
    {
        $package = (string) realpath(__DIR__ . '/../../bindings/php');
        Process::run(['cp', '-r', "$package/src", "$package/include", "$package/preload.php", $this->directory]);
        copy((string) getenv('VCE_LIBRARY_PATH'), "$this->directory/libvce.so.0");
        file_put_contents("$this->directory/all.php", <<<'PHP'
            <?php
            FFI::load(__DIR__ . '/include/vce.php.h');
            require __DIR__ . '/preload.php';
            PHP);
        // PHP refuses FFI::load() with opcache.preload_user, and root cannot preload without it.
        $user = posix_geteuid() === 0 ? ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups'] : [];
        $done = Process::run([
            ...$user,
            PHP_BINARY,
            '-d', 'ffi.enable=preload',
            '-d', 'opcache.enable_cli=1',
            '-d', "opcache.preload=$this->directory/all.php",
            '-r', 'echo Vce\Library::version();',
        ], ['VCE_LIBRARY_PATH' => '/nowhere/libvce.so', 'LD_LIBRARY_PATH' => $this->directory]);

        self::assertSame(0, $done->status, $done->errors);
        self::assertStringStartsWith('0.', $done->output, $done->errors);
    }

    public function testTheClassesMayBePreloaded(): void
    {
        $package = (string) realpath(__DIR__ . '/../../bindings/php');
        $code = 'echo json_encode([Vce\Library::version(), opcache_get_status()["preload_statistics"]["classes"]]);';
        $done = Process::php([
            '-d', 'opcache.enable_cli=1',
            '-d', "opcache.preload=$package/preload.php",
            '-d', 'opcache.preload_user=' . posix_getpwuid(posix_geteuid())['name'],
            '-r', $code,
        ]);

        self::assertSame(0, $done->status, $done->errors);
        [$version, $classes] = json_decode($done->output, true, flags: JSON_THROW_ON_ERROR);
        self::assertStringStartsWith('0.', $version);
        $files = glob("$package/src/{,*/}*.php", GLOB_BRACE) ?: [];
        self::assertGreaterThan(30, count($files));
        foreach ($files as $file) {
            $class = strtr(substr($file, strlen("$package/src/"), -strlen('.php')), '/', '\\');
            self::assertContains("Vce\\$class", $classes);
        }
    }

    /**
     * @param list<string>          $flags
     * @param array<string, string> $environment
     */
    private function version(array $flags = [], array $environment = []): Process
    {
        return Process::php([...$flags, __DIR__ . '/programs/version.php'], $environment);
    }

    /**
     * A library with every function, of another version.
     */
    private function older(): string
    {
        $source = 'const char *vce_version(void) { return "7.8.9"; }';
        foreach (array_diff(Header::functions(), ['vce_version']) as $name) {
            $source .= "\nvoid $name(void) {}";
        }

        return $this->compile($source);
    }

    private function compile(string $source): string
    {
        file_put_contents("$this->directory/other.c", $source);
        $done = Process::run(['cc', '-shared', '-fPIC', '-o', "$this->directory/other.so", "$this->directory/other.c"]);
        self::assertSame(0, $done->status, $done->errors);

        return "$this->directory/other.so";
    }
}
