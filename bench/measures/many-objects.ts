import { Connection } from '../connection.ts';
import { load } from '../load.ts';
import { configMap } from '../objects.ts';
import type { Target } from '../target.ts';

const OBJECTS = 30_000;
const WRITERS = 32;

/** The path of a collection of 30,000 ConfigMaps, which are made when they are not there. */
export async function manyObjects(target: Target, namespace: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}-list/configmaps`;
  const connection = await Connection.open(target);
  const first = await connection.json('GET', `${path}?limit=1`);
  const there = first.items.length + (first.metadata.remainingItemCount ?? 0);
  if (there === 0) await connection.json('POST', '/api/v1/namespaces', { metadata: { name: `${namespace}-list` } });
  connection.close();
  if (there >= OBJECTS) return path;
  await load(target, {
    connections: WRITERS,
    seconds: 600,
    count: OBJECTS,
    expect: 201,
    request: (n) => Connection.encode(target, 'POST', path, JSON.stringify(configMap(`l-${n}`))),
  });
  return path;
}
