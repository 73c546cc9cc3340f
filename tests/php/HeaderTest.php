<?php

declare(strict_types=1);

namespace Vce\Tests;

use FFI;
use PHPUnit\Framework\TestCase;
use Vce\EventType;
use Vce\Exception\ExceptionInterface;
use Vce\Internal\Failure;
use Vce\Internal\Loader;
use Vce\Internal\Native;
use Vce\Library;
use Vce\Outcome;
use Vce\Status;

/**
 * The package agrees with the header.
 */
final class HeaderTest extends TestCase
{
    public function testEveryConstantIsAnEnumCaseAndTheOtherWayRound(): void
    {
        $cases = [];
        foreach ([...Status::cases(), ...Outcome::cases()] as $case) {
            $cases[Header::nameOf($case)] = $case->value;
        }
        // This case stands for every status of a newer library.
        unset($cases[Header::nameOf(Status::Unknown)]);
        $constants = Header::constants();
        ksort($cases);
        ksort($constants);

        self::assertSame($constants, $cases);
    }

    public function testFfiReadsTheSameNumbersFromTheHeader(): void
    {
        foreach (Header::constants() as $name => $value) {
            self::assertSame($value, Native::ffi()->$name, $name);
        }
    }

    public function testTheLibraryNamesEveryStatusAsTheHeaderDoes(): void
    {
        foreach (Status::cases() as $case) {
            self::assertSame(Header::nameOf($case), Native::ffi()->vce_status_name($case->value));
        }
        self::assertSame('VCE_ERR_UNKNOWN', Native::ffi()->vce_status_name(-7));
    }

    public function testEveryFunctionCanBeCalledThroughFfi(): void
    {
        $functions = Header::functions();
        self::assertContains('vce_create_event', $functions);
        foreach ($functions as $name) {
            $type = FFI::typeof(Native::ffi()->$name);
            self::assertContains($type->getKind(), [FFI\CType::TYPE_FUNC, FFI\CType::TYPE_POINTER], $name);
        }
    }

    public function testFreeingNothingIsHarmless(): void
    {
        $frees = array_filter(Header::functions(), static fn (string $name): bool => str_ends_with($name, '_free'));
        self::assertNotEmpty($frees);
        foreach ($frees as $name) {
            Native::ffi()->$name(null);
        }
        self::assertTrue(EventType::isValid('custom:alive'));
    }

    public function testThePackageCallsOnlyWhatTheHeaderDeclares(): void
    {
        $called = [];
        foreach (glob(__DIR__ . '/../../bindings/php/src/Internal/*.php') ?: [] as $file) {
            preg_match_all('/->(vce_[a-z_]+)\(/', (string) file_get_contents($file), $matches);
            array_push($called, ...$matches[1]);
        }

        self::assertSame([], array_diff($called, Header::functions()));
        self::assertContains('vce_event_list_next', $called);
    }

    public function testOnlyInternalClassesTouchFfi(): void
    {
        $root = realpath(__DIR__ . '/../../bindings/php/src');
        $files = [...glob("$root/*.php") ?: [], ...glob("$root/Exception/*.php") ?: []];
        self::assertNotEmpty($files);
        foreach ($files as $file) {
            $code = (string) php_strip_whitespace($file);
            self::assertDoesNotMatchRegularExpression('/\buse FFI|\bFFI::|\bCData\b|->vce_/', $code, $file);
        }
    }

    public function testEveryStatusHasAnException(): void
    {
        foreach (Status::cases() as $case) {
            self::assertTrue(is_a(Failure::classFor($case), ExceptionInterface::class, true), $case->name);
        }
    }

    public function testThePackageIsWrittenForThisLibrary(): void
    {
        $header = (string) file_get_contents(__DIR__ . '/../../include/vce.h');
        preg_match_all('/^#define VCE_VERSION_(MAJOR|MINOR|PATCH) (\d+)$/m', $header, $matches);
        $version = implode('.', array_replace(['MAJOR' => '', 'MINOR' => '', 'PATCH' => ''], array_combine(
            $matches[1],
            $matches[2],
        )));

        self::assertSame($version, Library::version());
        self::assertStringStartsWith(Loader::SERIES . '.', $version);
    }
}
