// undici, the HTTP client of the Node project: one Pool.

import tls from 'node:tls';
import { Pool } from 'undici';
import { authorities, BODY, conversation, FROM, inFlight, measure, setting, TYPE } from './protocol.mjs';

const pool = new Pool(setting('BENCH_URL'), {
  connections: inFlight,
  allowH2: false,
  // Made once: otherwise every connection would read the certificates again.
  connect: { secureContext: tls.createSecureContext({ ca: authorities() }) },
});
const request = JSON.stringify({ type: TYPE, from: FROM, body: BODY });
const headers = {
  authorization: `Bearer ${setting('BENCH_TOKEN')}`,
  'content-type': 'application/json',
  accept: 'application/json',
};

await measure(async (number) => {
  const { statusCode, body } = await pool.request({
    path: `/v0.3/conversations/${conversation(number)}/events`,
    method: 'POST',
    headers,
    body: request,
  });
  const event = await body.json();
  if (statusCode !== 201 || event.id === undefined) {
    throw new Error(`answered ${statusCode}: ${JSON.stringify(event)}`);
  }
});
await pool.close();
