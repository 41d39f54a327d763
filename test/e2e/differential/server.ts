import * as https from 'node:https';
import type { Scenario, Step } from './request.ts';

/** What a server said. */
export interface Reply {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/** A server of the Kubernetes API to send the corpus to. */
export interface Server {
  readonly url: string;
  readonly token: string;
}

const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });

/** Sends one request; the certificate is not checked, since both servers run on this machine. */
export function send({ url, token }: Server, step: Step): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const body = typeof step.body === 'string' ? step.body : step.body === undefined ? '' : JSON.stringify(step.body);
    const headers = {
      authorization: `Bearer ${token}`,
      'user-agent': 'differential',
      // Node does not say by itself how long the body of a DELETE is.
      'content-length': String(Buffer.byteLength(body)),
      ...(step.body !== undefined && { 'content-type': 'application/json' }),
      ...step.headers,
    };
    const options = { method: step.method, headers, agent, rejectUnauthorized: false, timeout: 30_000 };
    const request = https.request(new URL(url), { ...options, path: encodeURI(step.path) }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          contentType: (response.headers['content-type'] ?? '').split(';')[0]!,
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within 30 s: ${step.method} ${step.path}`)));
    request.on('error', reject);
    request.end(body);
  });
}

/** Closes the connections that were kept. */
export function disconnect(): void {
  agent.destroy();
}

/** Kinds that 1.20 serves in an older version only: the same requests, and the same answers, but for that name. */
const olderVersions: Readonly<Record<string, string>> = {
  'batch/v1/namespaces/{ns}/cronjobs': 'batch/v1beta1/namespaces/{ns}/cronjobs',
  'policy/v1': 'policy/v1beta1',
  'discovery.k8s.io/v1': 'discovery.k8s.io/v1beta1',
};

/** A scenario as the reference understands it. */
export function referenceScenario(scenario: Scenario): Scenario {
  return { ...scenario, steps: scenario.steps.map(referenceStep) };
}

function referenceStep(step: Step): Step {
  const older = Object.entries(olderVersions).find(([path]) => step.path.includes(path));
  if (!older) return step;
  const version = (path: string) => path.replace(/\/namespaces.*/, '');
  const body = JSON.stringify(step.body)?.replaceAll(`"${version(older[0])}"`, `"${version(older[1])}"`);
  return { ...step, path: step.path.replace(older[0], older[1]), body: body && JSON.parse(body) };
}
