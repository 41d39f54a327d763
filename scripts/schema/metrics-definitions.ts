import type { Schema } from '../../src/apimachinery/schema/schema.ts';

const metrics = 'io.k8s.metrics.pkg.apis.metrics.v1beta1';
const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const text = (description: string): Schema => ({ type: 'string', description });
const ref = (name: string, description: string): Schema => ({ $ref: `#/definitions/${name}`, description });

const apiVersion = text('The version of the schema of this object.');
const kind = text('The kind of this object.');
const timestamp = ref(
  `${meta}.Time`,
  'The end of the interval over which was measured: [timestamp-window, timestamp].',
);
const window = ref(`${meta}.Duration`, 'The length of the interval over which was measured.');
const usage: Schema = {
  type: 'object',
  description: 'What is used: cpu in cores, memory as the working set in bytes.',
  additionalProperties: { $ref: '#/definitions/io.k8s.apimachinery.pkg.api.resource.Quantity' },
};

function object(name: string, description: string, properties: Record<string, Schema>): [string, Schema] {
  const gvk = [{ group: 'metrics.k8s.io', kind: name, version: 'v1beta1' }];
  const metadata = ref(`${meta}.${name.endsWith('List') ? 'ListMeta' : 'ObjectMeta'}`, 'Standard metadata.');
  return [
    `${metrics}.${name}`,
    {
      ...{ type: 'object', description, required: Object.keys(properties) },
      properties: { apiVersion, kind, metadata, ...properties },
      'x-kubernetes-group-version-kind': gvk,
    },
  ];
}

function list(name: string): [string, Schema] {
  const items = { type: 'array', description: `The ${name}.`, items: { $ref: `#/definitions/${metrics}.${name}` } };
  return object(`${name}List`, `A list of ${name}.`, { items: items as Schema });
}

/** The types of metrics.k8s.io, which is no part of client-node's models. */
export const metricsDefinitions: Readonly<Record<string, Schema>> = Object.fromEntries([
  [`${meta}.Duration`, { type: 'string', description: 'A length of time, as 15s or 1m30s.' } satisfies Schema],
  [
    `${metrics}.ContainerMetrics`,
    {
      ...{ type: 'object', description: 'What a container uses.', required: ['name', 'usage'] },
      properties: { name: text('The name of the container in its pod.'), usage },
    } satisfies Schema,
  ],
  object('NodeMetrics', 'What a node uses.', { timestamp, window, usage }),
  list('NodeMetrics'),
  object('PodMetrics', 'What the containers of a pod use.', {
    ...{ timestamp, window },
    containers: {
      ...{ type: 'array', description: 'Each container that runs.' },
      items: { $ref: `#/definitions/${metrics}.ContainerMetrics` },
    },
  }),
  list('PodMetrics'),
]);
