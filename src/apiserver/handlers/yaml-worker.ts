import { parentPort } from 'node:worker_threads';
import { errorMessage } from '../../base/log.ts';
import { parseYaml } from './yaml.ts';

/** What the thread is asked. */
export interface YamlQuestion {
  readonly id: number;
  readonly text: string;
}

/** What it answers: the document, or what is wrong with it. */
export interface YamlAnswer {
  readonly id: number;
  readonly json?: string;
  readonly doubled?: readonly string[];
  readonly error?: string;
}

// A thread of its own, which parses one document after the other.
parentPort?.on('message', ({ id, text }: YamlQuestion) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort?.postMessage(answer(id, text));
});

function answer(id: number, text: string): YamlAnswer {
  try {
    return { id, ...parseYaml(text) };
  } catch (error) {
    return { id, error: errorMessage(error) };
  }
}
