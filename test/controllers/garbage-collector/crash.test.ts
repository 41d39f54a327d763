import { expect } from 'chai';
import { configMap } from '../../../src/api/core-v1/config-map.ts';
import { secret } from '../../../src/api/core-v1/secret.ts';
import type { OwnerReference } from '../../../src/apimachinery/object.ts';
import type { Client } from '../../../src/client/client.ts';
import { crashTest, type CrashScenario } from '../crash-test.ts';

const at = (name: string) => ({ namespace: 'default', name });

/** `a` owns five `b`s, each of which owns a `c`; `b0` has another owner too. */
async function family(client: Client, blockOwnerDeletion: boolean): Promise<void> {
  const make = (name: string, owners: OwnerReference[]) =>
    client.create(configMap, { metadata: { ...at(name), ownerReferences: owners } });
  const ref = (name: string, uid: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', name, uid, blockOwnerDeletion });
  const [a, other] = [await make('a', []), await make('other', [])];
  for (let i = 0; i < 5; i++) {
    const also = i === 0 ? [ref('other', other.metadata.uid)] : [];
    const b = await make(`b${i}`, [ref('a', a.metadata.uid), ...also]);
    const owners = [ref(`b${i}`, b.metadata.uid)];
    await client.create(secret, { metadata: { ...at(`c${i}`), ownerReferences: owners } });
  }
}

function scenario(policy: 'Foreground' | 'Background' | 'Orphan', names: string[], owners: number[]): CrashScenario {
  return {
    name: policy,
    controllers: ['garbage-collector-controller'],
    setUp: (client) => family(client, policy === 'Foreground'),
    act: [(client) => client.delete(configMap, at('a'), { propagationPolicy: policy })],
    kinds: [configMap, secret],
    check: ([maps, secrets]) => {
      const left = [...maps!, ...secrets!].map(({ metadata }) => [
        metadata.name,
        metadata.ownerReferences?.length ?? 0,
      ]);
      expect(left).to.have.deep.members(names.map((name, i) => [name, owners[i]]));
    },
  };
}

describe('garbage collector: crashes', () => {
  const shared = ['other', 'b0', 'c0'];
  const all = ['other', ...[0, 1, 2, 3, 4].flatMap((i) => [`b${i}`, `c${i}`])];

  it('survives them in the foreground', () => crashTest(scenario('Foreground', shared, [0, 1, 1])));
  it('survives them in the background', () => crashTest(scenario('Background', shared, [0, 1, 1])));
  it('survives them while it orphans', () => crashTest(scenario('Orphan', all, [0, 1, 1, 0, 1, 0, 1, 0, 1, 0, 1])));
});
