import { Connection } from '../connection.ts';
import type { Measure } from '../measure.ts';
import { residentMemory } from '../target.ts';

const COUNT = 500;
const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** What a custom resource's schema costs in memory, for schemas as large as the largest that operators bring: about 270 KB each. */
export const schemas: Measure = {
  name: 'schemas',
  ownOnly: true,
  async run(target) {
    const before = target.pid === undefined ? undefined : residentMemory(target.pid);
    if (before === undefined) return [];
    const connection = await Connection.open(target);
    for (let i = 0; i < COUNT; i++) await connection.json('POST', path, definition(i));
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const after = residentMemory(target.pid!)!;
    for (let i = 0; i < COUNT; i++) await connection.json('DELETE', `${path}/${nameOf(i)}`);
    connection.close();
    const bytes = JSON.stringify(definition(0)).length;
    const note = `${COUNT} of ${Math.round(bytes / 1000)} KB`;
    return [{ name: 'memory per custom resource', value: (after - before) / COUNT, unit: 'MB', more: false, note }];
  },
};

function nameOf(i: number): string {
  return `bench${i}s.bench.example.com`;
}

function definition(i: number): object {
  const names = { plural: `bench${i}s`, singular: `bench${i}`, kind: `Bench${i}`, listKind: `Bench${i}List` };
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: nested(5), status: nested(2) } } };
  const version = { name: 'v1', served: true, storage: true, schema, subresources: { status: {} } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: nameOf(i) },
    spec: { group: 'bench.example.com', scope: 'Namespaced', names, versions: [version] },
  };
}

/** An object of three objects of three objects ..., with texts, numbers and lists at each level. */
function nested(depth: number): object {
  const description = 'What this field is for, in a sentence or two, as generated definitions have them everywhere.';
  const inner = depth === 0 ? {} : Object.fromEntries(['a', 'b', 'c'].map((name) => [name, nested(depth - 1)]));
  const properties = {
    ...inner,
    text: { type: 'string', description, minLength: 1, maxLength: 253, pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' },
    number: { type: 'integer', description, minimum: 0, maximum: 65_535, default: 80 },
    list: { type: 'array', description, items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
  };
  return { type: 'object', description, properties };
}
