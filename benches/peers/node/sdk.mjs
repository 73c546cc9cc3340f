// Vonage's package for Node. It signs a token for every event and sends with Node's fetch.

import tls from 'node:tls';
import { Vonage } from '@vonage/server-sdk';
import { authorities, BODY, conversation, FROM, measure, setting, TYPE } from './protocol.mjs';

// Replaces Node's list, so that this peer reads as many certificates as the others.
tls.setDefaultCACertificates(authorities());

const vonage = new Vonage(
  { applicationId: setting('BENCH_APPLICATION'), privateKey: setting('BENCH_KEY') },
  { apiHost: setting('BENCH_URL') },
);

await measure(async (number) => {
  const event = await vonage.conversations.createEvent(
    conversation(number),
    { type: TYPE, from: FROM, body: BODY },
  );
  if (event.id === undefined) {
    throw new Error(`no id: ${JSON.stringify(event)}`);
  }
});
