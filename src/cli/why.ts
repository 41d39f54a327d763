import { pod as podKind, type Pod } from '../api/core-v1/pod.ts';
import { isApiError } from '../apimachinery/api-error.ts';
import { Client } from '../client/client.ts';
import { httpsExchange } from '../client/https-transport.ts';
import { loadKubeconfig } from '../client/kubeconfig.ts';
import { decisionPath, type SchedulingDecision } from '../cluster/decisions-page.ts';
import type { Command } from './command.ts';
import { connectionFlags, kubeconfigOf } from './connection-flags.ts';
import { UsageError } from './flags.ts';
import { explainDecision, explainPod } from './why-text.ts';

/** Tells why a pod is where it is, or why it is nowhere. */
export const why: Command = {
  name: 'why',
  summary: 'Say why a pod runs where it does, or why it does not run.',
  description:
    'Shows the last decision of the scheduler: who refused which nodes, which scores the others got, and the choice.\n' +
    'The API server of the scheduler tells it to whoever may get /scheduler/decisions/NAMESPACE/POD.',
  usage: 'pod NAME',
  flags: [
    { name: 'namespace', short: 'n', type: 'string', placeholder: 'NAME', help: "the pod's namespace" },
    { name: 'output', short: 'o', type: 'string', placeholder: 'FORMAT', help: 'json: everything, for programs' },
    ...connectionFlags,
  ],
  async run(values, positional, terminal) {
    const name = podNamed(positional);
    const { output } = values;
    if (output !== undefined && output !== 'json') {
      throw new UsageError(`invalid argument "${output}" for "--output" flag: use json`);
    }
    const connection = loadKubeconfig(kubeconfigOf(values, terminal));
    const namespace = typeof values.namespace === 'string' ? values.namespace : connection.namespace;
    const exchange = httpsExchange(connection);
    try {
      const lines = await explain(new Client(exchange), { namespace, name }, output === 'json');
      for (const line of lines) terminal.out(line);
    } finally {
      await exchange.close();
    }
  },
};

/** `pod NAME`, `pods NAME`, `po NAME` or `pod/NAME`. */
function podNamed(positional: readonly string[]): string {
  const [kind = '', name, ...rest] = positional.length === 1 ? positional[0]!.split('/') : positional;
  if (!['pod', 'pods', 'po'].includes(kind) || !name || rest.length > 0) {
    throw new UsageError('say which pod: cox why pod NAME');
  }
  return name;
}

/** The decision, or when there is none what the pod itself says. */
async function explain(client: Client, at: { namespace: string; name: string }, json: boolean): Promise<string[]> {
  const decision = await decisionAbout(client, at);
  if (json && decision) return [JSON.stringify(decision, undefined, 2)];
  const pod: Pod = await client.get(podKind, at);
  if (decision?.pod.uid === pod.metadata.uid) return explainDecision(decision);
  if (json) throw new Error(`the scheduler remembers no decision about the pod ${at.namespace}/${at.name}`);
  return explainPod(pod);
}

async function decisionAbout(
  client: Client,
  { namespace, name }: { namespace: string; name: string },
): Promise<SchedulingDecision | undefined> {
  try {
    return await client.raw('GET', decisionPath(namespace, name));
  } catch (error) {
    if (isApiError(error, 'NotFound')) return undefined;
    throw error;
  }
}
