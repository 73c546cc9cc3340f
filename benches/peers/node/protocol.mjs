// What the Node peers have in common: settings from the environment, one JSON line on stdout.

import { readFileSync } from 'node:fs';

export const TYPE = 'custom:my-event';
export const FROM = 'MEM-e46d9542-752a-4786-8f12-25a2e623a793';
export const BODY = { key: 'value' };

// The most latencies that are reported.
const LATENCIES = 4096;

export function setting(name) {
  const value = process.env[name];
  if (value === undefined) {
    throw new Error(`${name} is not set`);
  }
  return value;
}

export function conversation(number) {
  const index = number % conversations;
  return `CON-00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
}

// The trusted certificate authorities, one in each element, as node:tls needs them.
export function authorities() {
  const bundle = readFileSync(setting('BENCH_CA'), 'utf8');
  return bundle.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
}

export const inFlight = Number(setting('BENCH_IN_FLIGHT'));
const conversations = Number(setting('BENCH_CONVERSATIONS'));
const events = Number(setting('BENCH_EVENTS'));

// Calls `create` with the number of each event, `inFlight` at a time, and prints the figures.
export async function measure(create) {
  await create(0);
  const first = now();
  const stride = Math.ceil(events / LATENCIES);
  const latencies = [];
  let created = 1;
  let next = 1;
  const createNext = async () => {
    while (next < events) {
      const number = next++;
      const since = now();
      await create(number);
      if (created++ % stride === 0) {
        latencies.push(Math.floor((now() - since) / 1000));
      }
    }
  };
  const cpu = process.cpuUsage();
  const begin = now();
  await Promise.all(Array.from({ length: inFlight }, createNext));
  const end = now();
  const used = process.cpuUsage(cpu);
  console.log(JSON.stringify({
    first_ns: first,
    begin_ns: begin,
    end_ns: end,
    cpu_s: (used.user + used.system) / 1e6,
    created,
    latencies_us: latencies,
    peak_rss_kb: peakRssKb(),
  }));
}

// A double holds the nanoseconds since the machine's start exactly for a hundred days.
function now() {
  return Number(process.hrtime.bigint());
}

function peakRssKb() {
  const found = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'));
  return Number(found[1]);
}
