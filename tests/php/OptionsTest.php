<?php

declare(strict_types=1);

namespace Vce\Tests;

use ReflectionClassConstant;
use ReflectionMethod;
use ReflectionParameter;
use Vce\Client;
use Vce\Exception\ConfigException;
use Vce\Exception\CredentialsException;
use Vce\Exception\ExceptionInterface;
use Vce\Exception\InvalidEventException;
use Vce\Options;
use Vce\Status;

/**
 * Options reach the library with the right name and text.
 */
final class OptionsTest extends SandboxTestCase
{
    /** A valid value for every option, except those that every client here has. */
    private const VALUES = [
        'subject' => 'alice',
        'acl' => ['paths' => ['/*/conversations/**' => []]],
        'tokenTtl' => '10m',
        'allowPlainHttp' => true,
        'apiVersion' => 'v1',
        'typeRules' => 'namespaced',
        'connectTimeout' => 2500,
        'timeout' => '10s',
        'maxRetries' => 0,
        'retryBackoff' => 50,
        'retryBackoffMax' => '2s',
        'delivery' => 'at_least_once',
        'eventKey' => 'order',
        'lookupDelay' => 500,
        'rateLimit' => '15/s',
        'tlsRoots' => 'bundled',
        'connections' => 4,
        'queueMaxEvents' => 1000,
        'queueMaxBytes' => '1MiB',
        'deliveryTimeout' => 60_000,
        'reports' => 'errors',
        'engine' => 'shared',
        'appName' => 'shop/2.1',
    ];

    private const TYPES = [
        'text' => '?string',
        'path' => '?string',
        'duration' => 'string|int|null',
        'size' => 'string|int|null',
        'integer' => '?int',
        'boolean' => '?bool',
        'object' => 'array|string|null',
    ];

    /** The README's table is generated from the library's. */
    public function testTheReadmeListsTheSameOptionsAsTheVectors(): void
    {
        $readme = (string) file_get_contents(__DIR__ . '/../../README.md');
        [, $table] = explode('<!-- options: generated -->', $readme);
        $table = explode('<!-- /options -->', $table)[0];
        preg_match_all('/^\| `(\w+)` \| (?:`([^`]*)`)? \|/m', $table, $rows);

        self::assertSame(
            array_combine($rows[1], $rows[2]),
            array_map('strval', array_column(self::vectors(), 'default', 'name')),
            'tests/vectors/options.json must list the README\'s options.',
        );
    }

    public function testThePackageHasTheOptionsOfTheVectors(): void
    {
        self::assertSame(
            self::kinds(),
            (new ReflectionClassConstant(Options::class, 'KINDS'))->getValue(),
            'Options::KINDS must have the options and kinds of tests/vectors/options.json.',
        );
    }

    public function testEveryOptionIsAnArgumentOfTheTypeForItsKind(): void
    {
        $expected = [];
        foreach (self::kinds() as $name => $kind) {
            $expected[self::argument($name)] = self::TYPES[$kind];
        }
        $arguments = [];
        foreach ((new ReflectionMethod(Options::class, '__construct'))->getParameters() as $parameter) {
            $arguments[$parameter->getName()] = (string) $parameter->getType();
        }

        self::assertSame($expected + ['logger' => '?Psr\Log\LoggerInterface'], $arguments);
    }

    public function testANumberIsConvertedByItsOptionsKind(): void
    {
        foreach (self::kinds() as $name => $kind) {
            if (in_array($kind, ['duration', 'size', 'integer'], true)) {
                $e = self::failure(fn () => $this->client(...[self::argument($name) => -7]));
                self::assertInstanceOf(ConfigException::class, $e, $name);
                self::assertStringContainsString($name, $e->getMessage());
                self::assertStringContainsString($kind === 'duration' ? '"-7ms"' : '"-7"', $e->getMessage());
            }
        }
    }

    /**
     * @dataProvider options
     */
    public function testTheLibraryKnowsTheOption(string $name): void
    {
        $event = $this->client(...[$name => self::VALUES[$name]])->createEvent(
            $this->sandbox->conversationId,
            'custom:a',
            [],
            $this->sandbox->memberId,
        );
        self::assertNotNull($event->id);
    }

    /**
     * @return iterable<array{string}>
     */
    public function options(): iterable
    {
        foreach (array_keys(self::VALUES) as $name) {
            yield $name => [$name];
        }
    }

    public function testNoOptionIsLeftOutOfTheTestAbove(): void
    {
        $parameters = array_map(
            static fn (ReflectionParameter $parameter): string => $parameter->getName(),
            (new ReflectionMethod(Options::class, '__construct'))->getParameters(),
        );
        $elsewhere = ['applicationId', 'privateKey', 'privateKeyPath', 'token', 'baseUrl', 'proxy', 'caFile', 'logger'];

        self::assertEqualsCanonicalizing($parameters, [...array_keys(self::VALUES), ...$elsewhere]);
    }

    /**
     * @dataProvider invalidValues
     */
    public function testInvalidValuesAreRefused(string $name, mixed $value, string $setting): void
    {
        $e = self::failure(fn () => $this->client(...[$name => $value]));

        self::assertInstanceOf(ConfigException::class, $e);
        self::assertSame(Status::Config, $e->status);
        self::assertStringContainsString($setting, $e->getMessage());
    }

    /**
     * @return iterable<array{string, mixed, string}>
     */
    public function invalidValues(): iterable
    {
        yield ['timeout', 'soon', 'timeout'];
        yield ['timeout', -1, 'timeout'];
        yield ['tokenTtl', 29_999, 'token_ttl'];
        yield ['typeRules', 'loose', 'type_rules'];
        yield ['maxRetries', -1, 'max_retries'];
        yield ['acl', '[]', 'acl'];
        yield ['acl', ['name' => "\xff"], 'acl'];
        yield ['baseUrl', 'http://api.example.com', 'base_url'];
    }

    public function testTextThatTheLibraryCannotTakeIsABadArgument(): void
    {
        foreach (self::kinds() as $name => $kind) {
            if (!in_array($kind, ['integer', 'boolean'], true)) {
                foreach (["a\0b", "a\xffb"] as $text) {
                    $e = self::failure(fn () => $this->client(...[self::argument($name) => $text]));

                    self::assertInstanceOf(ConfigException::class, $e, $name);
                    self::assertSame([Status::Argument, 1], [$e->status, $e->offset], $name);
                    self::assertStringContainsString('byte 1', $e->getMessage());
                }
            }
        }
    }

    public function testAnIntegerIsMilliseconds(): void
    {
        $this->sandbox->fault(['kind' => 'hang']);
        $start = hrtime(true);
        $e = self::failure(fn () => $this->client(timeout: 400)->getEvent($this->sandbox->conversationId, '1'));
        $elapsed = (hrtime(true) - $start) / 1e6;

        self::assertSame(Status::Timeout, $e->status);
        self::assertGreaterThanOrEqual(400, $elapsed);
        self::assertLessThan(30_000, $elapsed, 'libvce\'s default, so the option was lost');
    }

    public function testTheTokenCarriesSubjectAndAcl(): void
    {
        $acl = ['paths' => ['/*/conversations/**' => [], '/*/users' => ['methods' => ['GET']]]];
        $this->client(subject: 'alice', acl: $acl)->createEvent(
            $this->sandbox->conversationId,
            'custom:a',
            [],
            $this->sandbox->memberId,
        );

        $claims = $this->claims();
        self::assertSame('alice', $claims->sub);
        self::assertEquals(
            (object) ['paths' => (object) [
                '/*/conversations/**' => (object) [],
                '/*/users' => (object) ['methods' => ['GET']],
            ]],
            $claims->acl,
        );
    }

    public function testTheTokenIsValidAsLongAsTheOptionSays(): void
    {
        $this->client(tokenTtl: 90_000)->createEvent($this->sandbox->conversationId, 'custom:a', []);

        $claims = $this->claims();
        self::assertSame(90, $claims->exp - $claims->iat);
    }

    public function testTheKeyMayBeText(): void
    {
        $key = str_replace("\n", '\n', (string) file_get_contents($this->sandbox->privateKeyPath));
        $client = $this->client(privateKeyPath: null, privateKey: $key);

        self::assertNotNull($client->createEvent($this->sandbox->conversationId, 'custom:a', [])->id);
    }

    public function testATokenReplacesApplicationAndKey(): void
    {
        $this->client()->createEvent($this->sandbox->conversationId, 'custom:a', []);
        $token = substr($this->header('authorization'), strlen('Bearer '));
        $client = $this->client(applicationId: null, privateKeyPath: null, token: $token);

        self::assertNotNull($client->createEvent($this->sandbox->conversationId, 'custom:a', [])->id);
        self::assertSame("Bearer $token", $this->header('authorization'));
    }

    public function testTheApiVersionIsInThePath(): void
    {
        $this->client(apiVersion: 'v1')->createEvent($this->sandbox->conversationId, 'custom:a', []);

        self::assertSame(
            "/v1/conversations/{$this->sandbox->conversationId}/events",
            $this->sandbox->requests()[0]['path'],
        );
    }

    public function testTheApplicationIsNamedInTheUserAgent(): void
    {
        $this->client(appName: 'shop/2.1')->createEvent($this->sandbox->conversationId, 'custom:a', []);

        self::assertMatchesRegularExpression(
            '~^libvce/0\.\d+\.\d+ php/8\.\d+\.\d+ shop/2\.1$~',
            $this->header('user-agent'),
        );
    }

    public function testNamespacedTypesNeedTheirOption(): void
    {
        $create = fn (Client $client) => $client->createEvent($this->sandbox->conversationId, 'custom:a:b', []);

        self::assertInstanceOf(InvalidEventException::class, self::failure(fn () => $create($this->client())));
        // The sandbox accepts only documented types.
        self::assertSame(
            Status::BadRequest,
            self::failure(fn () => $create($this->client(typeRules: 'namespaced')))->status,
        );
        self::assertStringStartsWith('{"type":"custom:a:b",', $this->sandbox->requests()[0]['body']);
    }

    public function testTheEnvironment(): void
    {
        $this->withEnvironment($this->sandbox->environment(), function (): void {
            $client = new Client(Options::fromEnvironment(apiVersion: 'v1'));
            $client->createEvent($this->sandbox->conversationId, 'custom:a', []);
            self::assertStringStartsWith('/v1/', $this->sandbox->requests()[0]['path']);

            $other = Options::fromEnvironment(baseUrl: 'https://127.0.0.1:1', maxRetries: 0);
            $e = self::failure(fn () => (new Client($other))->getEvent($this->sandbox->conversationId, '1'));
            self::assertSame(Status::Connect, $e->status, 'an argument must win over the environment');
        });
    }

    public function testTheEnvironmentIsReadOnlyWhenAskedFor(): void
    {
        $this->withEnvironment($this->sandbox->environment(), function (): void {
            self::assertInstanceOf(CredentialsException::class, self::failure(fn () => new Client(new Options())));
        });
    }

    public function testAnInvalidEnvironment(): void
    {
        $this->withEnvironment(['VCE_TIMEOUT' => 'soon'] + $this->sandbox->environment(), function (): void {
            $e = self::failure(fn () => new Client(Options::fromEnvironment()));
            self::assertInstanceOf(ExceptionInterface::class, $e);
            self::assertSame(Status::Config, $e->status);
            self::assertStringContainsString('VCE_TIMEOUT', $e->getMessage());
        });
    }

    /**
     * @param array<string, string> $variables
     */
    private function withEnvironment(array $variables, callable $do): void
    {
        foreach ($variables as $name => $value) {
            putenv("$name=$value");
        }
        try {
            $do();
        } finally {
            foreach (array_keys($variables) as $name) {
                putenv($name);
            }
        }
    }

    /**
     * @return list<array{name: string, kind: string, default: ?string}>
     */
    private static function vectors(): array
    {
        $json = (string) file_get_contents(__DIR__ . '/../vectors/options.json');

        return json_decode($json, true, flags: JSON_THROW_ON_ERROR);
    }

    /**
     * @return array<string, string> by the library's names; the package itself sets the language
     */
    private static function kinds(): array
    {
        return array_diff_key(array_column(self::vectors(), 'kind', 'name'), ['language' => '']);
    }

    private static function argument(string $name): string
    {
        return lcfirst(str_replace('_', '', ucwords($name, '_')));
    }

    private function claims(): object
    {
        $payload = explode('.', $this->header('authorization'))[1];

        return json_decode((string) base64_decode(strtr($payload, '-_', '+/'), true), flags: JSON_THROW_ON_ERROR);
    }

    /**
     * A header of the last request.
     */
    private function header(string $wanted): string
    {
        $requests = $this->sandbox->requests();
        foreach ($requests[array_key_last($requests)]['headers'] as [$name, $value]) {
            if (strtolower($name) === $wanted) {
                return $value;
            }
        }
        self::fail("The request has no header $wanted.");
    }
}
