// The whole cycle of a batch through the `openai` package of npm; what it saw, as JSON.
import { writeFileSync, unlinkSync, createReadStream } from "node:fs";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { createRequire } from "node:module";

const [baseURL, packages] = process.argv.slice(2);
const OpenAI = createRequire(join(packages, "x.js"))("openai").default;
const client = new OpenAI({ baseURL, apiKey: "anything", maxRetries: 0 });

const endpoint = "/v1/chat/completions";
const lines = [1, 2, 3].map((n) => ({
  custom_id: `request-${n}`,
  method: "POST",
  url: endpoint,
  body: { model: "gpt-4o-mini", messages: [{ role: "user", content: `Tide ${n}\u2028` }] },
}));

async function upload(name) {
  const path = join(tmpdir(), `${process.pid}-${name}`);
  writeFileSync(path, lines.map((line) => JSON.stringify(line) + "\n").join(""));
  try {
    return await client.files.create({ file: createReadStream(path), purpose: "batch" });
  } finally {
    unlinkSync(path);
  }
}

async function ended(batch) {
  while (!["completed", "failed", "expired", "cancelled"].includes(batch.status)) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    batch = await client.batches.retrieve(batch.id);
  }
  return batch;
}

async function read(fileId) {
  const text = await (await client.files.content(fileId)).text();
  return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

async function refusal(call) {
  try {
    await call();
  } catch (error) {
    return [error.constructor.name, error.status, error.code, Boolean(error.requestID)];
  }
}

const seen = {};
const file = await upload("input.jsonl");
seen.file = [file.purpose, file.status, (await client.files.retrieve(file.id)).bytes === file.bytes];
const create = (scenario) =>
  client.batches.create({
    input_file_id: file.id,
    endpoint,
    completion_window: "24h",
    metadata: { scenario },
  });
const created = await create("fail:2:500");
seen.created = [created.status, created.model, created._request_id.startsWith("req_")];
const batch = await ended(created);
seen.batch = [batch.status, batch.request_counts, batch.usage.total_tokens > 0];
seen.answered = (await read(batch.output_file_id)).map((line) => line.custom_id).sort();
seen.failed = (await read(batch.error_file_id)).map((line) => line.response.status_code);
const stalled = await create("stall:3600");
seen.cancelling = (await client.batches.cancel(stalled.id)).status;
seen.cancelled = (await ended(stalled)).status;
seen.listed = [];
for await (const one of client.batches.list({ limit: 1 })) seen.listed.push(one.id === stalled.id);
seen.twice = await refusal(() => client.batches.cancel(batch.id));
seen.unknown = await refusal(() => client.batches.retrieve("batch_unknown"));
const chat = await client.chat.completions.create(lines[0].body);
seen.direct = chat.choices[0].message.role;
seen.deleted = (await client.files.delete(file.id)).deleted;
seen.gone = await refusal(() => client.files.content(file.id));
console.log(JSON.stringify(seen));
