// Writes a call of each operation of a document as `[method, path]`, every parameter replaced by a value.
//
//   node make_calls.mjs DOCUMENT > calls.json

import { readFileSync } from 'node:fs';

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

const document = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const calls = Object.entries(document.paths).flatMap(([template, item]) => {
  const path = template.replace(/[?#].*$/, '').replace(/\{([^}]*)\}/g, (_, name) => `value-of-${name}`);
  return METHODS.filter((method) => item[method]).map((method) => [method.toUpperCase(), path]);
});
process.stdout.write(JSON.stringify(calls));
