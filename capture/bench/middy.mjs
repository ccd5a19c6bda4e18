// What a middleware of middy that sends to SQS adds to a response, beside capture/benches/layer.rs.
//
//   node middy.mjs          prints JSON: nanoseconds by event
//
// The handler, the events and the stubbed queue are those of the Rust benchmark: what is measured is the work of
// making and sending a message, without any network. A call's time is its share of a batch's, by the clock on the
// wall; of many batches the median counts.

import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';

const WARM_UP_CALLS = 1_000;
const BATCHES = 200;
const BATCH_LENGTH = 32;
const EVENTS = {
  'POST, REST': 'rest-post',
  'POST, HTTP': 'http-post',
};

// Answers at once.
const requestHandler = {
  handle: async () => ({
    response: {
      statusCode: 200,
      headers: { 'content-type': 'application/x-amz-json-1.0' },
      body: Readable.from([Buffer.from('{"MessageId":"0b7d1c9e-6a53-4f0e-8e5c-2f7a9d3b6c10"}')]),
    },
  }),
  destroy: () => {},
};

const client = new SQSClient({
  region: 'eu-central-1',
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' },
  // The stub does not work out a digest, so nobody checks one.
  md5: false,
  requestHandler,
});

const sendToQueue = {
  after: async ({ event, response }) => {
    if (['GET', 'HEAD', 'OPTIONS'].includes(event.httpMethod ?? event.requestContext.http.method)) return;
    await client.send(
      new SendMessageCommand({
        QueueUrl: 'https://sqs.eu-central-1.amazonaws.com/123456789012/audit',
        MessageBody: JSON.stringify({
          v: 1,
          captured_at: new Date().toISOString(),
          event,
          response: { status_code: response.statusCode, body: response.body },
        }),
      }),
    );
  },
};

const handler = async () => ({
  statusCode: 201,
  headers: { 'content-type': 'application/json' },
  body: '{"id":"ord_7","name":"Order 7","state":"open","total":1497.0}',
});

async function timeOfBatch(call, event) {
  const started = process.hrtime.bigint();
  for (let index = 0; index < BATCH_LENGTH; index += 1) await call(event, context);
  return Number(process.hrtime.bigint() - started) / BATCH_LENGTH;
}

function median(numbers) {
  const sorted = numbers.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)];
}

const context = { getRemainingTimeInMillis: () => 30_000, awsRequestId: '8476a536-e9f4-11e8-9739-2dfe598c3fcd' };
const without = middy().handler(handler);
const within = middy().use(sendToQueue).handler(handler);

const added = {};
for (const [name, file] of Object.entries(EVENTS)) {
  const event = JSON.parse(readFileSync(new URL(`../benches/events/${file}.json`, import.meta.url), 'utf8'));
  for (let index = 0; index < WARM_UP_CALLS; index += 1) {
    for (const call of [without, within]) await call(event, context);
  }
  const [withoutTimes, withinTimes] = [[], []];
  for (let batch = 0; batch < BATCHES; batch += 1) {
    withoutTimes.push(await timeOfBatch(without, event));
    withinTimes.push(await timeOfBatch(within, event));
  }
  added[name] = median(withinTimes) - median(withoutTimes);
}
console.log(JSON.stringify(added));
