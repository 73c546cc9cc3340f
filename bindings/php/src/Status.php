<?php

declare(strict_types=1);

namespace Vce;

/**
 * Why a call failed, in more detail than the exception's class.
 *
 * The numbers are those of `vce_status` in the C ABI and never change.
 */
enum Status: int
{
    case Ok = 0;
    case End = 1;

    // The caller's mistakes; nothing was sent.
    case Argument = 10;
    case Config = 11;
    case Credentials = 12;
    case Closed = 13;

    // The rules for events; nothing was sent.
    case TypePrefix = 20;
    case TypeEmpty = 21;
    case TypeTooLong = 22;
    case TypeCharacter = 23;
    case BodyJson = 24;
    case BodyNotObject = 25;
    case BodyTooLarge = 26;
    case ConversationId = 27;
    case MemberId = 28;
    case EventId = 29;

    // The way to the server.
    case Connect = 40;
    case Tls = 41;
    case Timeout = 42;
    case Network = 43;
    case Response = 44;

    // The server's answer.
    case BadRequest = 60;
    case Unauthorized = 61;
    case Forbidden = 62;
    case NotFound = 63;
    case RateLimited = 64;
    case Server = 65;

    // The queue.
    case QueueFull = 80;
    case Storage = 81;

    // libvce's own mistakes.
    case Internal = 99;

    /** A status that only a newer library knows. The exception's code is its number. */
    case Unknown = -1;
}
