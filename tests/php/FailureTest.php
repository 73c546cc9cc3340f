<?php

declare(strict_types=1);

namespace Vce\Tests;

use Vce\EventType;
use Vce\Exception\ApiException;
use Vce\Exception\AuthenticationException;
use Vce\Exception\ClosedException;
use Vce\Exception\CredentialsException;
use Vce\Exception\ExceptionInterface;
use Vce\Exception\ForbiddenException;
use Vce\Exception\InvalidEventException;
use Vce\Exception\NotFoundException;
use Vce\Exception\RateLimitedException;
use Vce\Exception\ServerException;
use Vce\Exception\ThrottleException;
use Vce\Exception\TimeoutException;
use Vce\Exception\TransportException;
use Vce\Options;
use Vce\Client;
use Vce\Outcome;
use Vce\Status;

/**
 * Which exception a failure becomes, and whether its outcome is right.
 */
final class FailureTest extends SandboxTestCase
{
    /**
     * @dataProvider answers
     *
     * @param array<string, mixed> $fault
     */
    public function testAnErrorFromTheServer(
        array $fault,
        string $class,
        Status $status,
        Outcome $outcome,
        bool $retryable,
    ): void {
        $this->sandbox->fault(['kind' => 'status', 'times' => null] + $fault);
        $e = $this->failureOf(maxRetries: 0);

        self::assertSame($class, $e::class);
        self::assertSame($status, $e->status);
        self::assertSame($status->value, $e->getCode());
        self::assertSame($outcome, $e->outcome);
        self::assertSame($retryable, $e->retryable);
        self::assertInstanceOf(ApiException::class, $e);
        self::assertSame($fault['status'], $e->httpStatus);
        self::assertCount(0, $this->sandbox->events());
    }

    /**
     * @return iterable<array{array<string, mixed>, class-string<ApiException>, Status, Outcome, bool}>
     */
    public function answers(): iterable
    {
        $not = Outcome::NotCreated;
        $maybe = Outcome::MaybeCreated;

        yield '400' => [['status' => 400], ApiException::class, Status::BadRequest, $not, false];
        yield '401' => [['status' => 401], AuthenticationException::class, Status::Unauthorized, $not, false];
        yield '403' => [['status' => 403], ForbiddenException::class, Status::Forbidden, $not, false];
        yield '404' => [['status' => 404], NotFoundException::class, Status::NotFound, $not, false];
        yield '410' => [['status' => 410], NotFoundException::class, Status::NotFound, $not, false];
        yield '413' => [['status' => 413], ApiException::class, Status::BadRequest, $not, false];
        yield '422' => [['status' => 422], ApiException::class, Status::BadRequest, $not, false];
        yield '429' => [['status' => 429], RateLimitedException::class, Status::RateLimited, $not, true];
        yield '500' => [['status' => 500], ServerException::class, Status::Server, $maybe, false];
        yield '502' => [['status' => 502], ServerException::class, Status::Server, $maybe, false];
        yield '503' => [['status' => 503], ServerException::class, Status::Server, $maybe, false];
        yield '503 with a time to come back' => [
            ['status' => 503, 'retry_after' => '7'],
            ServerException::class,
            Status::Server,
            $not,
            true,
        ];
    }

    public function testTheServersOwnWordsReachTheCaller(): void
    {
        $this->sandbox->fault([
            'kind' => 'status',
            'status' => 403,
            'code' => 'system:error:permission',
            'title' => 'Forbidden.',
            'detail' => 'The ACL doesn’t allow this',
        ]);
        $e = $this->failureOf();

        self::assertInstanceOf(ForbiddenException::class, $e);
        self::assertSame('system:error:permission', $e->errorCode);
        self::assertSame('Forbidden.', $e->title);
        self::assertSame('The ACL doesn’t allow this', $e->detail);
        $response = json_decode((string) $e->response, true, flags: JSON_THROW_ON_ERROR);
        self::assertSame('system:error:permission', $response['code']);
        self::assertSame($response['instance'], $e->traceId);
        self::assertStringContainsString('The ACL doesn’t allow this', $e->getMessage());
        self::assertNull($e->retryAfterMs);
    }

    public function testAnAnswerWithoutProblemDetails(): void
    {
        $page = ['body' => '<h1>Gone</h1>', 'content_type' => 'text/html'];
        $this->sandbox->fault(['kind' => 'status', 'status' => 404] + $page);
        $e = $this->failureOf();

        self::assertInstanceOf(NotFoundException::class, $e);
        self::assertNull($e->errorCode);
        self::assertNull($e->title);
        self::assertNull($e->detail);
        self::assertSame('<h1>Gone</h1>', $e->response);
    }

    public function testRetryAfterIsCarriedIfItIsBeyondTheTimeLimit(): void
    {
        $this->sandbox->fault(['kind' => 'status', 'status' => 429, 'retry_after' => '120']);
        $e = $this->failureOf(timeout: '2s');

        self::assertInstanceOf(ThrottleException::class, $e);
        self::assertInstanceOf(RateLimitedException::class, $e);
        self::assertSame(120_000, $e->retryAfterMs);
        self::assertTrue($e->retryable);
        self::assertCount(1, $this->sandbox->requests());
    }

    public function testA429InEveryWay(): void
    {
        $this->sandbox->fault(['kind' => 'status', 'status' => 429, 'times' => null]);
        $client = $this->client(maxRetries: 0);
        $thrown = self::failure(fn () => $client->createEvent($this->sandbox->conversationId, 'custom:a', []));
        $client->enqueueEvent($this->sandbox->conversationId, 'custom:a', []);
        self::assertSame(0, $client->flush(60_000));
        [$report] = iterator_to_array($client->poll());

        foreach ([$thrown, $report->error] as $e) {
            self::assertSame(RateLimitedException::class, $e::class);
            self::assertInstanceOf(ThrottleException::class, $e);
        }
    }

    public function testAShortRetryAfterIsWaitedFor(): void
    {
        $this->sandbox->fault(['kind' => 'status', 'status' => 429, 'retry_after' => '1']);
        $this->create();

        self::assertCount(2, $this->sandbox->requests());
        self::assertCount(1, $this->sandbox->events());
    }

    public function testAnExpiredTokenIsReplaced(): void
    {
        $this->sandbox->fault(['kind' => 'expired_token']);
        $this->create();

        self::assertCount(2, array_unique(array_column($this->sandbox->requests(), 'token_id')));
        self::assertCount(1, $this->sandbox->events());
    }

    /**
     * @dataProvider brokenAnswers
     *
     * @param array<string, mixed> $fault
     */
    public function testAnAnswerThatDoesNotArrive(array $fault, string $class): void
    {
        $this->sandbox->fault(['creates' => true, 'times' => null] + $fault);
        $e = $this->failureOf(timeout: '1s');

        self::assertInstanceOf($class, $e);
        self::assertSame(Outcome::MaybeCreated, $e->outcome);
        self::assertCount(1, $this->sandbox->events(), 'repeated in spite of at_most_once');
    }

    /**
     * @return iterable<array{array<string, mixed>, class-string<ExceptionInterface>}>
     */
    public function brokenAnswers(): iterable
    {
        yield 'closed' => [['kind' => 'drop'], TransportException::class];
        yield 'cut off' => [['kind' => 'truncate'], TransportException::class];
        yield 'not HTTP' => [['kind' => 'garbage'], TransportException::class];
        yield 'never' => [['kind' => 'hang'], TimeoutException::class];
        yield 'too slow' => [['kind' => 'trickle', 'interval_ms' => 200], TimeoutException::class];
    }

    public function testAtLeastOnceMayCreateDuplicates(): void
    {
        $this->sandbox->fault(['kind' => 'drop', 'creates' => true]);
        $this->create(delivery: 'at_least_once', retryBackoff: 1);

        self::assertCount(2, $this->sandbox->events());
    }

    /**
     * @dataProvider answersThatMakeNoSense
     *
     * @param array<string, mixed> $fault
     */
    public function testAnAnswerThatMakesNoSense(array $fault): void
    {
        $this->sandbox->fault(['kind' => 'status'] + $fault);
        $e = $this->failureOf();

        self::assertInstanceOf(TransportException::class, $e);
        self::assertSame(Status::Response, $e->status);
        self::assertSame(Outcome::MaybeCreated, $e->outcome);
        self::assertSame($fault['status'], $e->httpStatus);
        self::assertSame($fault['body'], $e->response);
    }

    /**
     * @return iterable<array{array<string, mixed>}>
     */
    public function answersThatMakeNoSense(): iterable
    {
        yield 'a captive portal' => [['status' => 200, 'body' => '<h1>Sign in</h1>', 'content_type' => 'text/html']];
        yield 'a redirection' => [['status' => 302, 'body' => 'Moved', 'headers' => ['Location' => '/elsewhere']]];
    }

    public function testAServerThatIsNotThere(): void
    {
        $socket = stream_socket_server('tcp://127.0.0.1:0');
        $address = stream_socket_get_name($socket, false);
        fclose($socket);
        $e = $this->failureOf(baseUrl: "https://$address", maxRetries: 0);

        self::assertInstanceOf(TransportException::class, $e);
        self::assertSame(Status::Connect, $e->status);
        self::assertSame(Outcome::NotCreated, $e->outcome);
        self::assertTrue($e->retryable);
        self::assertNull($e->httpStatus);
        self::assertNull($e->response);
    }

    public function testACertificateOfAnUnknownAuthority(): void
    {
        $e = $this->failureOf(caFile: null);

        self::assertInstanceOf(TransportException::class, $e);
        self::assertSame(Status::Tls, $e->status);
        self::assertSame(Outcome::NotCreated, $e->outcome);
        self::assertSame([], $this->sandbox->requests());
    }

    public function testCredentialsThatCannotBeUsed(): void
    {
        $e = self::failure(fn () => $this->client(privateKeyPath: '/does/not/exist'));
        self::assertInstanceOf(CredentialsException::class, $e);
        self::assertStringContainsString('/does/not/exist', $e->getMessage());

        self::assertInstanceOf(CredentialsException::class, self::failure(fn () => new Client(new Options())));
    }

    public function testTextThatIsNotUtf8(): void
    {
        $e = self::failure(fn () => $this->client()->getEvent("CON-\xff", '1'));
        self::assertInstanceOf(InvalidEventException::class, $e);
        self::assertSame(Status::Argument, $e->status);
        self::assertFalse(EventType::isValid("custom:\xff"));
    }

    public function testAClosedClientRefusesEveryCall(): void
    {
        $client = $this->client();
        $client->createEvent($this->sandbox->conversationId, 'custom:a', []);
        $events = $client->listEvents($this->sandbox->conversationId);

        self::assertTrue($client->close());
        self::assertTrue($client->close(0));
        foreach (
            [
                fn () => $client->createEvent($this->sandbox->conversationId, 'custom:a', []),
                fn () => $client->getEvent($this->sandbox->conversationId, '1'),
                fn () => $client->deleteEvent($this->sandbox->conversationId, '1'),
                fn () => iterator_to_array($events),
            ] as $call
        ) {
            $e = self::failure($call);
            self::assertInstanceOf(ClosedException::class, $e);
            self::assertSame(Outcome::NotCreated, $e->outcome);
        }
        self::assertCount(1, $this->sandbox->requests());
    }

    public function testATimeLimitThatIsAlreadyOver(): void
    {
        self::assertTrue($this->client()->close(-1));
    }

    public function testAnInvalidEventIsAnInvalidArgument(): void
    {
        $this->expectException(\InvalidArgumentException::class);
        $this->client()->createEvent($this->sandbox->conversationId, 'order_paid', []);
    }

    private function create(mixed ...$options): void
    {
        $this->client(...$options)->createEvent($this->sandbox->conversationId, 'custom:a', ['n' => 1]);
    }

    private function failureOf(mixed ...$options): ExceptionInterface
    {
        return self::failure(fn () => $this->create(...$options));
    }
}
