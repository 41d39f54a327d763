import { randomBytes } from 'node:crypto';
import { outcomeOf, type Outcome } from './outcome.ts';
import type { Scenario, Step } from './request.ts';
import { send, type Reply, type Server } from './server.ts';

/** Sends a scenario's requests in turn, in a new namespace; the outcomes by the steps' names. */
export async function run(server: Server, scenario: Scenario): Promise<Map<string, Outcome>> {
  const namespace = `d-${randomBytes(4).toString('hex')}`;
  await prepare(server, namespace);
  const replies = new Map<string, Reply>();
  const outcomes = new Map<string, Outcome>();
  for (const step of scenario.steps) {
    const reply = await send(server, filled(step, namespace, replies));
    replies.set(step.name, reply);
    if (!step.quiet) outcomes.set(step.name, outcomeOf(reply, namespace));
  }
  await send(server, { name: '', method: 'DELETE', path: `/api/v1/namespaces/${namespace}` });
  return outcomes;
}

/** A namespace with the account that pods need; a cluster's controllers would make it, but none run here. */
async function prepare(server: Server, namespace: string): Promise<void> {
  const made = await send(server, {
    name: '',
    method: 'POST',
    path: '/api/v1/namespaces',
    body: { metadata: { name: namespace } },
  });
  if (made.status !== 201) throw new Error(`${server.url} made no namespace: ${made.status} ${made.text}`);
  const account = { metadata: { name: 'default' }, automountServiceAccountToken: false };
  await send(server, {
    name: '',
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/serviceaccounts`,
    body: account,
  });
}

function filled(step: Step, namespace: string, replies: ReadonlyMap<string, Reply>): Step {
  const fill = (text: string) =>
    text
      .replaceAll('{ns}', namespace)
      .replaceAll(/\{(rv|uid|continue):([^}]+)\}/g, (_, what: string, name: string) =>
        String(JSON.parse(replies.get(name)?.text ?? '{}').metadata?.[fields[what]!] ?? ''),
      );
  const { path, body } = step;
  if (body === undefined) return { ...step, path: fill(path) };
  if (typeof body === 'string') return { ...step, path: fill(path), body: fill(body) };
  return { ...step, path: fill(path), body: JSON.parse(fill(JSON.stringify(body))) };
}

const fields: Readonly<Record<string, string>> = { rv: 'resourceVersion', uid: 'uid', continue: 'continue' };
