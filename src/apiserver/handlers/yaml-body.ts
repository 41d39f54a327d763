import { Worker } from 'node:worker_threads';
import { badRequest } from '../../apimachinery/api-error.ts';
import { errorMessage } from '../../base/log.ts';
import { parseYaml, type YamlDocument } from './yaml.ts';
import type { YamlAnswer, YamlQuestion } from './yaml-worker.ts';

/** Larger bodies are parsed in a thread of their own, in bytes: the library takes up to 40 ms for so much. */
const longest = 8 * 1024;
/** Megabytes that the thread may use; a document that needs more ends it. */
const memory = 512;

interface Waiting {
  readonly resolve: (document: YamlDocument) => void;
  readonly reject: (error: Error) => void;
}

/** The thread, as long as it runs. */
let thread: { readonly worker: Worker; readonly waiting: Map<number, Waiting> } | undefined;
let questions = 0;

/** A YAML body as JSON. Large ones are parsed beside the event loop. @throws ApiError BadRequest */
export async function readYaml(body: Buffer): Promise<YamlDocument> {
  try {
    const text = body.toString('utf8');
    return body.length <= longest ? parseYaml(text) : await askThread(text);
  } catch (error) {
    throw badRequest(`error converting YAML to JSON: ${errorMessage(error).split('\n')[0]}`);
  }
}

function askThread(text: string): Promise<YamlDocument> {
  const { worker, waiting } = (thread ??= startThread());
  const question: YamlQuestion = { id: ++questions, text };
  return new Promise((resolve, reject) => {
    waiting.set(question.id, { resolve, reject });
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    worker.postMessage(question);
  });
}

function startThread(): NonNullable<typeof thread> {
  const file = import.meta.url.endsWith('.ts') ? './yaml-worker.ts' : './yaml-worker.js';
  const options = { resourceLimits: { maxOldGenerationSizeMb: memory }, execArgv: [] };
  const worker = new Worker(new URL(file, import.meta.url), options);
  const waiting = new Map<number, Waiting>();
  worker.on('message', ({ id, json, doubled = [], error }: YamlAnswer) => {
    const asked = waiting.get(id);
    waiting.delete(id);
    if (json === undefined) asked?.reject(new Error(error));
    else asked?.resolve({ json, doubled });
  });
  const ended = (why: string) => {
    if (thread?.worker === worker) thread = undefined;
    for (const { reject } of waiting.values()) reject(new Error(why));
    waiting.clear();
  };
  worker.on('error', (error) => ended(errorMessage(error)));
  worker.on('exit', () => ended('the document could not be parsed'));
  worker.unref(); // the listeners would keep the process alive
  return { worker, waiting };
}
