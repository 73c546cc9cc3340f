<?php

declare(strict_types=1);

namespace Vce\Internal;

use FFI;
use FFI\CData;
use Vce\Outcome;
use Vce\Report;
use Vce\Status;

/**
 * Turns a `vce_report` into a Report.
 *
 * @internal
 */
final class NativeReport
{
    /**
     * The values of a report, its event and its error. All three still belong to their owner.
     */
    public static function read(FFI $ffi, CData $report): Report
    {
        $event = $ffi->vce_report_event($report);
        $error = $ffi->vce_report_error($report);
        $outcome = Failure::outcome($ffi->vce_report_outcome($report));

        return new Report(
            $ffi->vce_report_tag($report),
            $outcome,
            $event === null ? null : NativeEvent::read($ffi, $event),
            match (true) {
                $error !== null => Failure::read($ffi, $error),
                $outcome !== Outcome::Created => Failure::withoutError(Status::Internal->value, $outcome),
                default => null,
            },
        );
    }
}
