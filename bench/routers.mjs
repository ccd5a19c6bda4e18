// How fast Node's routers find the operation of a call, beside openapi/benches/matching.rs.
//
//   node routers.mjs DOCUMENT calls.json
//
// Calls a second by the time that the process ran (all its threads): the median of eleven rounds, each of
// about a second, over all calls or as many of them as can be made in it.

import { readFileSync } from 'node:fs';
import findMyWay from 'find-my-way';
import { OpenAPIRouter } from 'openapi-backend';

const ROUNDS = 11;
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

const document = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const calls = JSON.parse(readFileSync(process.argv[3], 'utf8'));

const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  METHODS.filter((method) => item[method]).map((method) => ({ method: method.toUpperCase(), path })),
);

function withFindMyWay() {
  const router = findMyWay();
  let refused = 0;
  for (const { method, path } of operations) {
    try {
      router.on(method, path.replace(/\{([^}]*)\}/g, (_, name) => `:${name.replace(/\W/g, '_')}`), () => path);
    } catch {
      refused += 1;
    }
  }
  if (refused > 0) console.log(`find-my-way refuses ${refused} templates`);
  return (method, path) => router.find(method, path)?.handler;
}

function withOpenApiBackend() {
  const router = new OpenAPIRouter({ definition: document, apiRoot: '/' });
  return (method, path) => router.matchOperation({ method, path, headers: {} });
}

function measure(name, build) {
  const started = process.cpuUsage();
  const find = build();
  const buildMs = milliseconds(process.cpuUsage(started));
  const probe = process.cpuUsage();
  const some = calls.filter((_, position) => position % 40 === 0);
  for (const [method, path] of some) find(method, path);
  const callsASecond = (1_000 * some.length) / milliseconds(process.cpuUsage(probe));
  const step = Math.max(1, Math.ceil(calls.length / callsASecond));
  const passes = Math.max(1, Math.floor(callsASecond / calls.length));
  const measured = calls.filter((_, position) => position % step === 0);
  const found = measured.filter(([method, path]) => find(method, path)).length;
  const rates = Array.from({ length: ROUNDS }, () => {
    const start = process.cpuUsage();
    for (let pass = 0; pass < passes; pass += 1) {
      for (const [method, path] of measured) find(method, path);
    }
    return (passes * measured.length) / (milliseconds(process.cpuUsage(start)) / 1_000);
  }).sort((one, other) => one - other);
  const median = Math.round(rates[(ROUNDS - 1) / 2]);
  console.log(`${name}: ${median} calls/s, ${found} of ${measured.length} found, built in ${buildMs.toFixed(1)} ms`);
}

function milliseconds({ user, system }) {
  return (user + system) / 1_000;
}

measure('find-my-way', withFindMyWay);
measure('openapi-backend', withOpenApiBackend);
