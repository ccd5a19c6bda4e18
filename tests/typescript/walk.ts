// A client whose types openapi-typescript made of the API's document: it searches, pages and exports.
import createClient from "openapi-fetch";
import type { paths } from "./api.js";

declare const process: { argv: string[] };
const [, , baseUrl, token] = process.argv;
const client = createClient<paths>({
  baseUrl,
  headers: { authorization: `Bearer ${token}` },
});

const paged: string[] = [];
let cursor: string | null | undefined;
do {
  const { data, error } = await client.POST("/v1/logs", {
    body: { q: "workflow", limit: 7, cursor },
  });
  if (!data) throw new Error(JSON.stringify(error));
  paged.push(...data.logs.map((log) => log.id));
  cursor = data.next_cursor;
} while (cursor);

const { data: lines } = await client.GET("/v1/logs/export", {
  params: { query: { q: "workflow" } },
  parseAs: "text",
});
const exported = (lines as string)
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line).id as string);

const one = await client.GET("/v1/logs/{id}", { params: { path: { id: paged[0] } } });
const history = await client.GET("/v1/entities/{type}/{id}/history", {
  params: { path: { type: "workflow", id: "a/b c" } },
});
const wrong = await client.POST("/v1/logs", { body: { q: "autor:jane" } });

console.log(
  JSON.stringify({
    paged,
    exported,
    one: one.data?.log.id,
    history: history.data?.history.length,
    suggestion: wrong.error?.errors?.[0].suggestion,
  }),
);
